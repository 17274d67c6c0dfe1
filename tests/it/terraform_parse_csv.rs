//! The function `parse_csv` with the real terraform, over files as the portal and people write them.

use crate::support::{Tenant, Workspace};
use insta::assert_snapshot;

const SET: &str = r#"
resource "mde_indicator_set" "list" {
  action      = "Block"
  title       = "Set"
  description = "Text"
  indicators  = provider::mde::parse_csv(file("list.csv"))
}
"#;

const HEADER: &str = "IndicatorType,IndicatorValue,ExpirationTime,Action,Severity,Title,Description,RecommendedActions,\
                      RbacGroups,Category,MitreTechniques,GenerateAlert";

#[tokio::test]
async fn the_portals_own_file_is_applied_and_stays_as_it_is() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let lines = [
        HEADER,
        "Url,https://evil.example/Pfad/ü,2041-01-01T00:00:00Z,Warn,High,\"Phishing, second wave\",\"seen by\r\n\"\"sensor\"\" \
         7\",Call the user,\"Servers,Clients\",InitialAccess,\"T1566.002,T1071\",TRUE",
        "FileSha256,E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855,,BlockAndRemediate,,,,,,,,false",
        "",
        ",,,,,,,,,,,",
        "IpAddress,198.51.100.7,,,,,,,,None,,",
        "IpAddress,198.51.100.7,,,,,,,,None,,",
        "",
    ];
    workspace.write("list.csv", &format!("\u{feff}{}", lines.join("\r\n")));
    workspace.main(SET);
    let planned = workspace.plan().await.expect(2);
    assert_snapshot!(planned.block("mde_indicator_set.list"), @r#"
    # mde_indicator_set.list will be created
    + resource "mde_indicator_set" "list" {
        + action      = "Block"
        + counts      = {
            + "Block"             = 1
            + "BlockAndRemediate" = 1
            + "Warn"              = 1
          }
        + description = "Text"
        + indicators  = jsonencode(
              {
                + "198.51.100.7"                                                   = {
                    + category = "None"
                    + type     = "IpAddress"
                  }
                + E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 = {
                    + action         = "BlockAndRemediate"
                    + generate_alert = false
                    + type           = "FileSha256"
                  }
                + "https://evil.example/Pfad/ü"                                    = {
                    + action              = "Warn"
                    + category            = "InitialAccess"
                    + description         = <<-EOT
                          seen by
                          "sensor" 7
                      EOT
                    + expiration_time     = "2041-01-01T00:00:00Z"
                    + generate_alert      = true
                    + mitre_techniques    = [
                        + "T1566.002",
                        + "T1071",
                      ]
                    + rbac_group_names    = [
                        + "Servers",
                        + "Clients",
                      ]
                    + recommended_actions = "Call the user"
                    + severity            = "High"
                    + title               = "Phishing, second wave"
                    + type                = "Url"
                  }
              }
          )
        + record      = (sensitive value)
        + title       = "Set"
      }
    "#);
    workspace.apply().await.expect(0);
    workspace.plan().await.expect(0);
    assert_eq!(tenant.imports(), 1);
    assert_eq!(tenant.values().len(), 3);

    let row = tenant.row("https://evil.example/Pfad/ü").unwrap();
    assert_eq!(row["description"], "seen by\r\n\"sensor\" 7");
    assert_eq!(row["title"], "Phishing, second wave");
    assert_eq!(row["action"], "Warn");
    assert_eq!(row["generateAlert"], true);
    assert_eq!(row["rbacGroupNames"], serde_json::json!(["Servers", "Clients"]));
    assert_eq!(row["mitreTechniques"], serde_json::json!(["T1566.002", "T1071"]));
    let plain = tenant.row("198.51.100.7").unwrap();
    assert_eq!((&plain["action"], &plain["title"]), (&"Block".into(), &"Set".into()));

    // Another spelling of the columns and of the ends of lines is the same list.
    let text = lines.join("\n").replacen(
        HEADER,
        "type,value,expiration_time,action,severity,title,description,recommended_actions,rbac_group_names,category,\
         mitre_techniques,generate_alert",
        1,
    );
    workspace.write("list.csv", &text.replace("seen by\r\n", "seen by\n"));
    workspace.plan().await.expect(2).expect_says("1 to change");
    workspace.write("list.csv", &text);
    workspace.plan().await.expect(0);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_file_is_told_at_once() {
    let tenant = Tenant::start().await;
    let workspace = Workspace::new(&tenant);
    let lines = [
        HEADER.replace("GenerateAlert", "GenerateAlerts").as_str(),
        "DomainName,a.example,,block,high,,,,,,,",
        "DomainName,b.example,31/01/2041,Block,high,,\"one",
        "cell\",,,,,",
        "DomainName,c.example,,Block,,,seen, twice,,,,,",
        "Url,https://10.0.0.0/8 x,,Block,,,,,,Phishing,,",
        "DomainName,a.example,,Block,High,,,,,,,",
        ",hxxp://evil[.]example/a,,,,,,,,,,",
        "DomainName,d.example,,Block,,,\"seen 5\" from here,,,,,",
        "",
    ]
    .join("\r\n");
    workspace.write("list.csv", &format!("\u{feff}{lines}"));
    workspace.main(SET);
    let failed = workspace.run(&["validate"]).await.expect(1);
    assert_eq!(failed.errors(), ["Invalid function argument"], "{}", failed.output);
    let told: Vec<&str> = failed
        .output
        .lines()
        .map(|line| line.trim_start_matches(['│', ' ']))
        .skip_while(|line| !line.starts_with("Invalid value"))
        .take_while(|line| !line.is_empty() && !line.starts_with('╵'))
        .collect();
    assert_snapshot!(told.join("\n"), @r#"
    Invalid value for "text" parameter: 10 problems:
    - line 1, column `GenerateAlerts`: an indicator has no such field;
    `GenerateAlert` may be meant
    - line 2, column `Action`: `block` is not an action; the service refuses
    unknown names. Write `Block`.
    - line 2 and 1 more, column `Severity`: `high` is not a severity; the service
    refuses unknown names. Write `High`.
    - line 3, column `ExpirationTime`: `31/01/2041` is not an RFC 3339 timestamp.
    Write date, time and UTC offset, such as `2030-01-31T00:00:00Z` or
    `2030-01-31T01:00:00+01:00`.
    - line 5: the row has 13 cells, but the header names 12; quote cells that
    contain a comma, and leave missing cells empty
    - line 6, column `Category`: `Phishing` is not a category; the service
    refuses unknown names. Use one of `None`, `SuspiciousActivity`, `Malware`,
    `CredentialTheft`, `Exploit`, `WebExploit`, `DocumentExploit`,
    `PrivilegeEscalation`, `Persistence`, `RemoteAccessTool`,
    `CommandAndControl`, `SuspiciousNetworkTraffic`, `Ransomware`,
    `MalwareDownload`, `Reconnaissance`, `WebFingerprinting`, `Weaponization`,
    `Delivery`, `SocialEngineering`, `CredentialStealing`, `UnwantedSoftware`,
    `Installation`, `Backdoor`, `Trojan`, `PWS`, `TrojanDownloader`,
    `LateralMovement`, `ExplorationEnumeration`, `NetworkPropagation`,
    `Exfiltration`, `Impact`, `InitialAccess`, `Execution`, `NotApplicable`,
    `Collection`, `CredentialAccess`, `DefenseEvasion`, `Discovery`, `General`.
    - line 6, column `IndicatorValue`: character 19 of `https://10.0.0.0/8 x` is
    a space (U+0020). Write it percent-encoded (a space is `%20`), or write one
    row per URL.
    - line 7, column `IndicatorValue`: `a.example` is already in line 2 with a
    different `Action`, `Severity`; keep one of the two rows
    - line 8, column `IndicatorValue`: `hxxp://evil[.]example/a` is defanged, and
    the service would take it literally. Write `http://evil.example/a`.
    - line 9, column `Description`: the cell continues after its closing quote;
    write `""` for a quote within a quoted cell, and only a comma after the
    closing quote.
    "#);
    assert!(tenant.simulator.calls().is_empty(), "a function needs no service");
}
