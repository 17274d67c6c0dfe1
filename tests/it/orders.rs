//! The real provider, in process, in every order in which a host can show two or three objects: refresh and plan in any
//! mixture; then the changes at the same time, each call to the service held until it is chosen, with Ctrl-C at any moment
//! and a kill between any two calls. `model/rows.py` is the same for the rules alone; families and checks are its.
//!
//! `MDE_TEST_SCENARIOS=20 cargo test --test it orders::` explores twenty times as many scenarios. A fault is printed with the
//! scenario and the story of the run; `MDE_TEST_SCENARIO=17` explores that one of each family, ten times as thoroughly.
//!
//! Reading order: `scenario` (the letters), `translate` (what they stand for), `walk` (plan walks), `apply` and `carry`
//! (apply walks), `choice` and `choices` (which way next), `oracle` (what must hold), `explore` and `destroy`, `family`; `story` for
//! a scenario that is written by hand.

mod apply;
mod carry;
mod chance;
mod choice;
mod choices;
mod destroy;
mod essence;
mod explore;
mod family;
mod oracle;
mod scenario;
mod sequence;
mod story;
mod translate;
mod walk;

pub use scenario::Setting;
pub use story::{Story, want};

use family::Family;
use scenario::Odds;

const TWO: &[&str] = &["g", "h"];
const ONE: &[&str] = &["g"];
const VALUES: &[&str] = &["x", "y", "z"];

const PLAIN: &[Setting] = &[Setting::PLAIN];

#[test]
fn base() {
    let family = Family {
        name: "base",
        odds: Odds {
            replaced: 0.2,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn labels() {
    let family = Family {
        name: "labels",
        odds: Odds {
            labels: TWO,
            replaced: 0.1,
            ..Odds::USUAL
        },
        settings: &[
            Setting::PLAIN,
            Setting {
                applications: TWO,
                ..Setting::PLAIN
            },
        ],
        scenarios: 30,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn actions() {
    let family = Family {
        name: "actions",
        odds: Odds {
            refuse: 0.3,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 60,
        keys: &["xa", "xb", "ya"],
    };
    family.explore();
}

#[test]
fn exclusive() {
    let family = Family {
        name: "exclusive",
        odds: Odds {
            labels: TWO,
            exclusive: 0.4,
            eve: 0.4,
            gone: 0.3,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn create_before_destroy() {
    let family = Family {
        name: "cbd",
        odds: Odds {
            cbd: 0.7,
            replaced: 0.5,
            deposed: 0.2,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 40,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn tainted() {
    let family = Family {
        name: "tainted",
        odds: Odds {
            tainted: 0.5,
            cbd: 0.3,
            replaced: 0.1,
            deposed: 0.1,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 50,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn without_a_refresh() {
    let family = Family {
        name: "norefresh",
        odds: Odds {
            tainted: 0.2,
            dead: 0.2,
            cbd: 0.2,
            deposed: 0.2,
            replaced: 0.1,
            hold: 0.6,
            ..Odds::USUAL
        },
        settings: &[Setting {
            refresh: false,
            ..Setting::PLAIN
        }],
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn destroy() {
    const DESTROY: Setting = Setting {
        destroy: true,
        ..Setting::PLAIN
    };
    let family = Family {
        name: "destroy",
        odds: Odds {
            labels: TWO,
            exclusive: 0.3,
            eve: 0.4,
            tainted: 0.1,
            deposed: 0.2,
            ..Odds::USUAL
        },
        settings: &[
            DESTROY,
            Setting {
                refresh: false,
                ..DESTROY
            },
            Setting {
                orphan_first: true,
                ..DESTROY
            },
        ],
        scenarios: 30,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn orphans_of_terraform_1_11() {
    const FIRST: Setting = Setting {
        orphan_first: true,
        ..Setting::PLAIN
    };
    let family = Family {
        name: "orphan111",
        odds: Odds {
            gone: 0.5,
            deposed: 0.1,
            replaced: 0.1,
            tainted: 0.1,
            exclusive: 0.1,
            ..Odds::USUAL
        },
        settings: &[
            FIRST,
            Setting {
                refresh: false,
                ..FIRST
            },
        ],
        scenarios: 40,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn unknown_lists() {
    let family = Family {
        name: "unknown",
        odds: Odds {
            unknown: 0.5,
            clash: 0.4,
            eve: 0.0,
            labels: ONE,
            exclusive: 0.1,
            tainted: 0.1,
            replaced: 0.1,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn one_row_imported_twice() {
    let family = Family {
        name: "import",
        odds: Odds {
            eve: 0.5,
            adopt: 0.3,
            hold: 0.8,
            refuse: 0.0,
            ..Odds::USUAL
        },
        settings: PLAIN,
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn stop() {
    let family = Family {
        name: "stop",
        odds: Odds {
            cbd: 0.2,
            replaced: 0.2,
            tainted: 0.1,
            refuse: 0.0,
            ..Odds::USUAL
        },
        settings: &[Setting {
            stop: true,
            ..Setting::PLAIN
        }],
        scenarios: 60,
        keys: VALUES,
    };
    family.explore();
}

#[test]
fn limit() {
    let family = Family {
        name: "limit",
        odds: Odds {
            tainted: 0.2,
            refuse: 0.0,
            labels: ONE,
            exclusive: 0.2,
            eve: 0.3,
            hold: 0.7,
            cbd: 0.1,
            deposed: 0.1,
            replaced: 0.1,
            ..Odds::USUAL
        },
        settings: &[
            Setting {
                limit: Some(0),
                ..Setting::PLAIN
            },
            Setting {
                limit: Some(1),
                ..Setting::PLAIN
            },
        ],
        scenarios: 40,
        keys: VALUES,
    };
    family.explore();
}
