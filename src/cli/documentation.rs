//! Writing the reference documentation, or checking that it is current.

use crate::docs;
use crate::provider::MdeProvider;
use std::io::Write;
use std::path::Path;

/// Writes the pages below `directory`, or, with `check`, compares them and shows what differs. The examples are those of the
/// folder `examples` beside it.
pub fn run(directory: &Path, check: bool, output: &mut (dyn Write + Send)) -> Result<(), String> {
    let mut stale = Vec::new();
    let examples = directory.parent().unwrap_or(Path::new("")).join("examples");
    let example = |path: &str| std::fs::read_to_string(examples.join(path)).ok();
    for (name, page) in docs::pages(&MdeProvider::default(), &example) {
        let path = directory.join(&name);
        let current = std::fs::read_to_string(&path).unwrap_or_default();
        if current == page {
            continue;
        }
        if check {
            let difference = similar::TextDiff::from_lines(&current, &page);
            let shown = difference
                .unified_diff()
                .header("is", "should be")
                .context_radius(1)
                .to_string();
            writeln!(output, "{}\n{shown}", path.display()).map_err(|error| error.to_string())?;
            stale.push(name);
            continue;
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|error| format!("{} cannot be made: {error}", parent.display()))?;
        }
        std::fs::write(&path, page).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        writeln!(output, "wrote {}", path.display()).map_err(|error| error.to_string())?;
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} out of date; run `terraform-provider-mde docs`",
        stale.join(", ")
    ))
}
