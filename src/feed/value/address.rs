//! Addresses, and what is more or less than one.

use super::{Outcome, checked, skip};
use crate::feed::{Options, Reason};
use crate::indicator::{IndicatorType, detect_type};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a text stands for where an address is expected.
pub(super) fn take(value: &str, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
    if value.parse::<IpAddr>().is_ok() {
        return one(value.to_owned());
    }
    if let Some(network) = Network::parse(value) {
        return network.take(options, whys);
    }
    if value.contains('*') && detect_type(value) == Some(IndicatorType::IpAddress) {
        return skip(Reason::Wildcard, "an indicator is for one address");
    }
    if let Ok(socket) = value.parse::<SocketAddr>() {
        if !options.drop_port {
            let note = format!("port {}: an indicator is for all ports of an address", socket.port());
            return skip(Reason::Port, note);
        }
        whys.push("without its port");
        return one(socket.ip().to_string());
    }
    if is_range(value) {
        return skip(Reason::Range, "an indicator is for one address");
    }
    if let Some(inner) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && inner.parse::<Ipv6Addr>().is_ok()
    {
        whys.push("brackets");
        return one(inner.to_owned());
    }
    checked(IndicatorType::IpAddress, value)
}

fn one(value: String) -> Outcome {
    Ok(vec![(IndicatorType::IpAddress, value)])
}

/// Two addresses, or an address and what its last part goes up to.
fn is_range(value: &str) -> bool {
    value.split_once('-').is_some_and(|(first, last)| {
        let (first, last) = (first.trim(), last.trim());
        first.parse::<IpAddr>().is_ok() && (last.parse::<IpAddr>().is_ok() || last.parse::<u8>().is_ok())
    })
}

/// Addresses that begin alike.
struct Network {
    /// The first one.
    first: IpAddr,
    /// How many of them there are; nothing for more than can be counted.
    size: Option<u128>,
}

impl Network {
    /// Reads an address and the length of its prefix, or a mask.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let length = match address {
            IpAddr::V4(_) => prefix(length, 32).or_else(|| of_mask(length))?,
            IpAddr::V6(_) => prefix(length, 128)?,
        };
        Some(match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                Self {
                    first: Ipv4Addr::from_bits(address.to_bits() & mask).into(),
                    size: Some(1 << (32 - length)),
                }
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
                Self {
                    first: Ipv6Addr::from_bits(address.to_bits() & mask).into(),
                    size: 1_u128.checked_shl(128 - length),
                }
            }
        })
    }

    fn take(&self, options: &Options, whys: &mut Vec<&'static str>) -> Outcome {
        if self.size == Some(1) {
            whys.push("network of one");
            return one(self.first.to_string());
        }
        match self.size {
            Some(size) if size <= u128::from(options.expand_cidr) => {
                whys.push("network");
                Ok(self
                    .addresses(size)
                    .map(|address| (IndicatorType::IpAddress, address.to_string()))
                    .collect())
            }
            Some(size) => skip(
                Reason::Cidr,
                format!("a network of {size} addresses: an indicator is for one address"),
            ),
            None => skip(
                Reason::Cidr,
                "a network of all addresses: an indicator is for one address",
            ),
        }
    }

    fn addresses(&self, size: u128) -> impl Iterator<Item = IpAddr> + use<> {
        let first = self.first;
        (0..size).map(move |offset| match first {
            // A size that was asked for is a `u32`.
            IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(
                address.to_bits() | u32::try_from(offset).unwrap_or(0),
            )),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() | offset)),
        })
    }
}

fn prefix(text: &str, longest: u32) -> Option<u32> {
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|length| digits && *length <= longest)
}

fn of_mask(text: &str) -> Option<u32> {
    let mask = text.parse::<Ipv4Addr>().ok()?.to_bits();
    (mask.leading_ones() + mask.trailing_zeros() == 32).then_some(mask.leading_ones())
}
