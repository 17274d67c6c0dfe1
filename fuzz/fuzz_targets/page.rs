#![no_main]

use libfuzzer_sys::fuzz_target;
use mde::bench;
use url::Url;

// Whatever a server answers is read without a panic, the same however it arrives, and no token goes to another host.
fuzz_target!(|body: &[u8]| {
    let base = Url::parse("https://api.example.test/mde").expect("a URL");
    let size = body.first().map_or(1, |first| usize::from(*first) + 1);
    let page = bench::page_in_parts(body, body.len());
    assert_eq!(page, bench::page_in_parts(body, size));
    assert_eq!(
        bench::import_in_parts(body, body.len()),
        bench::import_in_parts(body, size)
    );
    let links = page.and_then(|(_, link)| link).into_iter();
    for link in links.chain(std::str::from_utf8(body).ok().map(str::to_owned)) {
        if let Some(url) = bench::next_page(&base, &link) {
            assert_eq!(url.origin(), base.origin());
        }
    }
    let (words, _) = bench::refusal(body);
    assert!(!words.is_empty() && !words.contains(['\r', '\n']));
});
