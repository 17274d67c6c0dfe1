//! `GET /api/$metadata`: the part of the service's own description that is about indicators.
//!
//! **Invariant:** every property and enumeration is written from the table of columns, so that what is described is what is
//! served.

use axum::http::StatusCode;

use super::answer::Answer;
use super::columns::{CERTIFICATE_PROPERTIES, COLUMNS, Column, Enumeration, Kind};

const NAMESPACE: &str = "microsoft.windowsDefenderATP.api";

/// The description, in the XML form of CSDL 4.0.
pub fn metadata() -> Answer {
    Answer::xml(StatusCode::OK, document())
}

fn document() -> String {
    let properties: String = COLUMNS.iter().map(property).collect();
    let certificate: String = CERTIFICATE_PROPERTIES
        .iter()
        .map(|name| format!("<Property Name=\"{name}\" Type=\"Edm.String\" />"))
        .collect();
    let enumerations: String = COLUMNS
        .iter()
        .filter_map(|column| match column.kind {
            Kind::Choice(choice) => Some(enumeration(choice)),
            _ => None,
        })
        .collect();
    let bound =
        |content: &str| format!("<Parameter Name=\"bindingParameter\" Type=\"Collection({NAMESPACE}.{content})\" />");
    let indicators = bound("Indicator");
    let scores = bound("ConfigurationScore");
    [
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>",
        &format!("<Schema Namespace=\"{NAMESPACE}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">"),
        "<EntityType Name=\"Indicator\"><Key><PropertyRef Name=\"id\" /></Key>",
        &properties,
        "</EntityType><ComplexType Name=\"CertificateIndicatorInformation\">",
        &certificate,
        "</ComplexType><ComplexType Name=\"ImportIndicatorResult\"><Property Name=\"id\" Type=\"Edm.String\" />",
        "<Property Name=\"indicator\" Type=\"Edm.String\" />",
        "<Property Name=\"isFailed\" Type=\"Edm.Boolean\" Nullable=\"false\" />",
        "<Property Name=\"failureReason\" Type=\"Edm.String\" /></ComplexType>",
        "<EntityType Name=\"ConfigurationScore\"><Key><PropertyRef Name=\"time\" /></Key>",
        "<Property Name=\"time\" Type=\"Edm.DateTimeOffset\" Nullable=\"false\" />",
        "<Property Name=\"score\" Type=\"Edm.Double\" Nullable=\"false\" />",
        "<Property Name=\"rbacGroupName\" Type=\"Edm.String\" /><Property Name=\"rbacGroupId\" Type=\"Edm.Int64\" />",
        "</EntityType>",
        &enumerations,
        &format!("<Action Name=\"Import\" IsBound=\"true\">{indicators}"),
        &format!("<Parameter Name=\"Indicators\" Type=\"Collection({NAMESPACE}.Indicator)\" />"),
        &format!("<ReturnType Type=\"Collection({NAMESPACE}.ImportIndicatorResult)\" /></Action>"),
        &format!("<Action Name=\"BatchDelete\" IsBound=\"true\">{indicators}"),
        "<Parameter Name=\"IndicatorIds\" Type=\"Collection(Edm.String)\" /></Action>",
        &format!("<Function Name=\"ByMachineGroups\" IsBound=\"true\">{scores}"),
        &format!("<ReturnType Type=\"Collection({NAMESPACE}.ConfigurationScore)\" /></Function>"),
        "<EntityContainer Name=\"Container\">",
        &format!("<EntitySet Name=\"Indicators\" EntityType=\"{NAMESPACE}.Indicator\" />"),
        &format!("<EntitySet Name=\"ExposureScore\" EntityType=\"{NAMESPACE}.ConfigurationScore\" />"),
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>",
    ]
    .concat()
}

fn property(column: &Column) -> String {
    let (kind, nullable) = match column.kind {
        Kind::Text => ("Edm.String".to_owned(), true),
        Kind::Number(0, _) => ("Edm.Byte".to_owned(), column.nullable),
        Kind::Number(..) => ("Edm.Int32".to_owned(), column.nullable),
        Kind::Flag => ("Edm.Boolean".to_owned(), column.nullable),
        Kind::Time => ("Edm.DateTimeOffset".to_owned(), column.nullable),
        Kind::Texts => ("Collection(Edm.String)".to_owned(), true),
        // The list may be null; its elements may not.
        Kind::Numbers => ("Collection(Edm.Int32)".to_owned(), false),
        Kind::Choice(choice) => (format!("{NAMESPACE}.{}", choice.name), column.nullable),
        Kind::Certificate => (format!("{NAMESPACE}.CertificateIndicatorInformation"), column.nullable),
    };
    // Of the texts only the key is never null.
    let never_null = if nullable && column.name != "id" {
        ""
    } else {
        " Nullable=\"false\""
    };
    format!("<Property Name=\"{}\" Type=\"{kind}\"{never_null} />", column.name)
}

fn enumeration(enumeration: &Enumeration) -> String {
    let members: String = enumeration
        .members
        .iter()
        .map(|(name, number)| format!("<Member Name=\"{name}\" Value=\"{number}\" />"))
        .collect();
    format!(
        "<EnumType Name=\"{}\" UnderlyingType=\"Edm.Byte\">{members}</EnumType>",
        enumeration.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_and_enumerations_are_described_as_recorded() {
        let document = document();
        let part = |text: &str| document.contains(text);
        for recorded in [
            "<Property Name=\"id\" Type=\"Edm.String\" Nullable=\"false\" />",
            "<Property Name=\"indicatorValue\" Type=\"Edm.String\" />",
            "<Property Name=\"indicatorType\" Type=\"microsoft.windowsDefenderATP.api.tiIndicatorType\" Nullable=\"false\" />",
            "<Property Name=\"category\" Type=\"Edm.Int32\" />",
            "<Property Name=\"expirationTime\" Type=\"Edm.DateTimeOffset\" />",
            "<Property Name=\"lastUpdateTime\" Type=\"Edm.DateTimeOffset\" Nullable=\"false\" />",
            "<Property Name=\"rbacGroupIds\" Type=\"Collection(Edm.Int32)\" Nullable=\"false\" />",
            "<Property Name=\"certificateInfo\" Type=\"microsoft.windowsDefenderATP.api.CertificateIndicatorInformation\" />",
            "<Property Name=\"notificationId\" Type=\"Edm.Byte\" />",
            "<Property Name=\"generateAlert\" Type=\"Edm.Boolean\" Nullable=\"false\" />",
            "<Member Name=\"Audit\" Value=\"11\" />",
            "<Member Name=\"ActiveScan\" Value=\"12\" />",
        ] {
            assert!(part(recorded), "{recorded}");
        }
        assert_eq!(document.matches("<EnumType ").count(), 4);
    }
}
