use super::*;
use crate::indicator::{Action, Facts, Indicator, IndicatorType, RowId};

fn row(id: &str, kind: &str, value: &str, action: &str) -> Row {
    let mut indicator = Indicator::blank();
    indicator.value = value.to_owned();
    indicator.indicator_type = IndicatorType::from_service(kind);
    indicator.action = Action::from_service(action);
    indicator.fields.title = Some("t".to_owned());
    Row {
        id: RowId::from(id),
        indicator,
        facts: Facts {
            created_by: Some("ann@contoso.example".to_owned()),
            created_by_source: Some("Portal".to_owned()),
            ..Facts::default()
        },
    }
}

fn with(mut row: Row, change: impl FnOnce(&mut Row)) -> Row {
    change(&mut row);
    row
}

fn labelled(row: Row, label: &str) -> Row {
    with(row, |row| row.indicator.fields.application = Some(label.to_owned()))
}

fn made_by(row: Row, source: &str) -> Row {
    with(row, |row| row.facts.created_by_source = Some(source.to_owned()))
}

fn exported<'a>(rows: &'a [Row], selection: Selection, shape: Shape) -> Export<'a> {
    let rows: Vec<&Row> = rows.iter().collect();
    let order = Order {
        selection,
        shape,
        address: "terraform.local/mde/mde",
        is_own: &|row| row.facts.created_by.as_deref() == Some("app"),
    };
    export(&rows, &order)
}

fn text<'e>(export: &'e Export<'_>, path: &str) -> &'e str {
    let file = export.files.iter().find(|file| file.path == path);
    let paths: Vec<&str> = export.files.iter().map(|file| file.path.as_str()).collect();
    &file.unwrap_or_else(|| panic!("no {path} in {paths:?}")).text
}

#[test]
fn sets_are_by_label_and_action_with_filters_that_say_so() {
    let rows = [
        row("1", "DomainName", "a.example", "Block"),
        row("2", "DomainName", "a.example", "Allowed"),
        labelled(row("3", "Url", "https://b.example/x", "Block"), "C2, phase 1"),
        made_by(
            labelled(row("4", "DomainName", "c.example", "Block"), "C2, phase 1"),
            "PublicApi",
        ),
    ];
    let export = exported(&rows, Selection::default(), Shape::Sets);
    assert_eq!((export.rows, export.resources, export.foreign), (4, 3, 4));
    let paths: Vec<&str> = export.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "imports.tf",
            "indicators.tf",
            "lists/c2-phase-1-block.csv",
            "lists/t-allowed.csv",
            "lists/t-block.csv",
            "provider.tf"
        ]
    );
    let imports = text(&export, "imports.tf");
    for id in [
        r#"id = "application=\"\",action=Block""#,
        r#"id = "application=\"\",action=Allowed""#,
        r#"id = "application=\"C2, phase 1\",action=Block""#,
    ] {
        assert!(imports.contains(id), "{imports}");
    }
    assert_eq!(
        text(&export, "lists/t-allowed.csv").lines().nth(1),
        Some("DomainName,a.example,,,,,,,,,,")
    );
    let provider = text(&export, "provider.tf");
    assert!(provider.contains("applications = [\"C2, phase 1\"]") && provider.contains("on_existing = \"adopt\""));
}

#[test]
fn rows_of_other_products_stay_out_and_the_filter_leaves_them_out_too() {
    let rows = [
        row("1", "DomainName", "a.example", "Block"),
        made_by(row("2", "DomainName", "b.example", "Block"), "MCAS"),
        made_by(row("3", "DomainName", "c.example", "Block"), "PublicApi"),
    ];
    let export = exported(&rows, Selection::default(), Shape::Sets);
    assert_eq!((export.rows, export.resources), (2, 2));
    assert_eq!(
        export.products.into_iter().collect::<Vec<_>>(),
        [("MCAS".to_owned(), 1)]
    );
    let sources = Selection {
        sources: vec!["MCAS".into()],
        ..Selection::default()
    };
    let export = exported(&rows, sources, Shape::Sets);
    assert_eq!(export.rows, 1);
    assert!(text(&export, "imports.tf").contains(r#"application=\"\",action=Block,source=MCAS"#));
    let all = Selection {
        sources: vec!["*".into()],
        ..Selection::default()
    };
    assert_eq!(exported(&rows, all, Shape::Sets).resources, 1);
}

#[test]
fn what_no_configuration_can_hold_is_listed() {
    let rows = [
        row("1", "WebCategory", "games", "Block"),
        row("2", "DomainName", "a.example", "AlertAndBlock"),
        row("3", "DomainName", "a.example", "Vaporise"),
        row("4", "FileSha1", "zz", "Block"),
        row("5", "DomainName", "b.example", "Block"),
        row("6", "DomainName", "B.example", "Block"),
    ];
    let export = exported(&rows, Selection::default(), Shape::Sets);
    let left: Vec<(&str, &Left)> = export
        .left
        .iter()
        .map(|(row, reason)| (row.id.as_str(), reason))
        .collect();
    assert!(
        matches!(
            left.as_slice(),
            [
                ("6" | "5", Left::Twice(_)),
                ("2", Left::Retired),
                ("3", Left::Action),
                ("4", Left::Refused(_)),
                ("1", Left::Type)
            ] | [
                ("2", Left::Retired),
                ("3", Left::Action),
                ("5" | "6", Left::Twice(_)),
                ("4", Left::Refused(_)),
                ("1", Left::Type)
            ]
        ),
        "{left:?}"
    );
    // The import would take row 4 and both spellings.
    assert_eq!(export.without_import, [("mde_indicator_set.t_block".to_owned(), 1)]);
    let none = exported(&rows[..1], Selection::default(), Shape::Sets);
    assert!(none.files.is_empty());
}

#[test]
fn what_csv_cannot_say_becomes_json() {
    let groups = |names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        with(row("1", "DomainName", "a.example", "Block"), |row| {
            row.indicator.fields.rbac_group_names = Some(names);
        })
    };
    let other = || row("9", "DomainName", "z.example", "Block");
    for one in [
        groups(&["a,b"]),
        with(row("1", "DomainName", "a.example", "Block"), |row| {
            row.indicator.fields.description = Some("  ".into());
        }),
        with(groups(&["a"]), |row| row.indicator.value = "z.example".into()),
    ] {
        let rows = [one, other()];
        let export = exported(&rows, Selection::default(), Shape::Sets);
        assert!(!text(&export, "lists/t-block.json").is_empty());
        assert!(text(&export, "indicators.tf").contains("= file(\"${path.module}/lists/t-block.json\")"));
    }
    let rows = [groups(&["a", "b"]), other()];
    let export = exported(&rows, Selection::default(), Shape::Sets);
    assert!(text(&export, "lists/t-block.csv").contains("\"a,b\""));
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let mut rows: Vec<Row> = (0..40)
        .map(|number| {
            let action = ["Block", "Allowed", "Warn"][number % 3];
            let one = row(
                &number.to_string(),
                "DomainName",
                &format!("h{}.example", number / 2),
                action,
            );
            labelled(one, ["", "a", "A"][number % 3])
        })
        .collect();
    for shape in [Shape::Sets, Shape::Singles] {
        let before = exported(&rows, Selection::default(), shape).files;
        rows.reverse();
        assert_eq!(exported(&rows, Selection::default(), shape).files, before);
    }
}

#[test]
fn text_of_the_tenant_opens_no_template_and_names_no_path() {
    let rows = [with(
        labelled(row("7", "Url", "https://a.example/${x}", "Block"), "../../evil"),
        |row| row.indicator.fields.title = Some("${file(\"/etc/passwd\")}\n\" }".into()),
    )];
    let export = exported(&rows, Selection::default(), Shape::Sets);
    assert_eq!(text(&export, "lists/evil-block.csv").lines().count(), 2);
    let set = text(&export, "indicators.tf");
    assert!(set.contains(r#""$${file(\"/etc/passwd\")}\n\" }""#), "{set}");
    let export = exported(&rows, Selection::default(), Shape::Singles);
    let single = text(&export, "indicators.tf");
    assert!(
        single.contains(r#"resource "mde_indicator" "https_a_example_x_block""#),
        "{single}"
    );
    assert!(single.contains(r#""https://a.example/$${x}""#), "{single}");
    assert!(text(&export, "imports.tf").contains("id = \"7\""));
}
