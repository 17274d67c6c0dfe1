//! The steps of a set as a bar chart: wall time with the provider, beside the host's own.

use super::life::{Form, Step};
use std::fmt::Write as _;

const LEFT: f64 = 190.0;
const WIDE: f64 = 520.0;
const BAR: f64 = 11.0;
const GROUP: f64 = 34.0;
const HEAD: f64 = 44.0;

/// Draws the steps of the largest set of each form.
pub fn draw(steps: &[Step]) -> String {
    let most = steps.iter().map(|step| step.size).max().unwrap_or_default();
    let shown: Vec<&Step> = steps.iter().filter(|step| step.size == most).collect();
    let longest = shown
        .iter()
        .flat_map(|step| [step.provider.wall, step.floor.wall])
        .fold(0.1, f64::max);
    let mut bars = String::new();
    let mut top = 0.0;
    for form in Form::ALL {
        let of_form: Vec<&&Step> = shown.iter().filter(|step| step.form == form).collect();
        if of_form.is_empty() {
            continue;
        }
        top += HEAD;
        let _ = writeln!(
            bars,
            "<text x=\"10\" y=\"{:.0}\" font-weight=\"bold\">{most} indicators, written with {}</text>",
            top - 12.0,
            form.name()
        );
        for step in of_form {
            group(&mut bars, top, longest, step);
            top += GROUP;
        }
    }
    let (width, height) = (LEFT + WIDE + 70.0, top + 40.0);
    let legend = [
        ("#4269d0", "with the provider"),
        ("#efb118", "of it provider CPU"),
        ("#9498a0", "host alone"),
    ];
    let mut keys = String::new();
    for (index, (colour, words)) in legend.into_iter().enumerate() {
        let x = LEFT + index as f64 * 160.0;
        let _ = writeln!(
            keys,
            "<rect x=\"{x:.0}\" y=\"{:.0}\" width=\"12\" height=\"12\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{:.0}\">{words}</text>",
            top + 12.0,
            x + 18.0,
            top + 22.0
        );
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{bars}{keys}</svg>\n"
    )
}

fn group(bars: &mut String, top: f64, longest: f64, step: &Step) {
    let scale = WIDE / longest;
    let _ = writeln!(
        bars,
        "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        top + BAR + 4.0,
        step.name
    );
    let lines = [
        (0.0, step.provider.wall, "#4269d0", true),
        (0.0, step.provider.provider_cpu, "#efb118", false),
        (BAR + 1.0, step.floor.wall, "#9498a0", true),
    ];
    for (down, seconds, colour, labelled) in lines {
        let y = top + down;
        let length = seconds * scale;
        let _ = writeln!(
            bars,
            "<rect x=\"{LEFT:.0}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR:.0}\" fill=\"{colour}\"/>"
        );
        if labelled {
            let _ = writeln!(
                bars,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\">{seconds:.2} s</text>",
                LEFT + length + 5.0,
                y + BAR - 2.0
            );
        }
    }
}
