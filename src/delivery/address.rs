//! Which addresses webhooks may be sent to: those that everybody on the internet can reach, and networks that the
//! operator allows. Anything else might be a machine that trusts this one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Why an address is refused; for the log of the delivery, which does not say what a name stands for in this network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The receiver has {what}: webhooks are not sent there")]
pub struct Refused {
    pub address: IpAddr,
    pub what: &'static str,
}

/// The networks that webhooks may be sent to beside the public ones.
#[derive(Clone, Debug, Default)]
pub struct Allowed(pub Vec<IpNet>);

impl Allowed {
    /// # Errors
    /// An address that is neither public nor allowed.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        // Exactly the address that will be connected to: an IPv4 network does not allow its forms within IPv6.
        if self.0.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        match kind(address) {
            None => Ok(()),
            Some(what) => Err(Refused { address, what }),
        }
    }
}

/// What an address is that is not public.
fn kind(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

/// By IANA's registry of special-purpose addresses. What is globally reachable there but serves no servers, such as the
/// relay of 6to4, is refused as well.
const V4: [([u8; 4], u8, &str); 17] = [
    ([0, 0, 0, 0], 8, "an unspecified address"),
    ([10, 0, 0, 0], 8, "a private address"),
    ([100, 64, 0, 0], 10, "an address of a carrier's own network"),
    ([127, 0, 0, 0], 8, "a loopback address"),
    ([169, 254, 0, 0], 16, "a link-local address"),
    ([172, 16, 0, 0], 12, "a private address"),
    ([192, 0, 0, 0], 24, "an address of protocols"),
    ([192, 0, 2, 0], 24, "an address for documentation"),
    ([192, 31, 196, 0], 24, "an address of protocols"),
    ([192, 52, 193, 0], 24, "an address of protocols"),
    ([192, 88, 99, 0], 24, "a 6to4 relay"),
    ([192, 168, 0, 0], 16, "a private address"),
    ([192, 175, 48, 0], 24, "an address of protocols"),
    ([198, 18, 0, 0], 15, "an address for measurements"),
    ([198, 51, 100, 0], 24, "an address for documentation"),
    ([203, 0, 113, 0], 24, "an address for documentation"),
    // Multicast, reserved, and broadcast at the very end.
    ([224, 0, 0, 0], 3, "a multicast or reserved address"),
];

fn kind_of_v4(address: Ipv4Addr) -> Option<&'static str> {
    if address.is_broadcast() {
        return Some("a broadcast address");
    }
    let bits = address.to_bits();
    let within = |(network, length, _): &&([u8; 4], u8, &str)| {
        let shift = 32 - u32::from(*length);
        bits >> shift == u32::from_be_bytes(*network) >> shift
    };
    V4.iter().find(within).map(|(_, _, what)| *what)
}

/// Of IPv6 only `2000::/3` is given out at all; within it these are not somebody's servers.
const V6: [([u16; 3], u8, &str); 7] = [
    ([0x2001, 0, 0], 32, "a Teredo address"),
    ([0x2001, 0, 0], 23, "an address of protocols"),
    ([0x2001, 0x0db8, 0], 32, "an address for documentation"),
    ([0x2002, 0, 0], 16, "a 6to4 address"),
    ([0x2620, 0x004f, 0x8000], 48, "an address of protocols"),
    ([0x3ffe, 0, 0], 16, "an address of a network that is gone"),
    ([0x3fff, 0, 0], 20, "an address for documentation"),
];

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [first, second, third, ..] = address.segments();
    if address.is_unspecified() {
        return Some("an unspecified address");
    }
    if address.is_loopback() {
        return Some("a loopback address");
    }
    // IPv4 in another dress: such a name would be a way around the table above, and needs no one.
    if address.to_ipv4_mapped().is_some() {
        return Some("an IPv4 address within IPv6");
    }
    match first {
        0x0064 if second == 0xff9b => return Some("an address of a translator (NAT64)"),
        0xfc00..=0xfdff => return Some("a unique local address"),
        0xfe80..=0xfebf => return Some("a link-local address"),
        0xfec0..=0xfeff => return Some("a site-local address"),
        0xff00..=0xffff => return Some("a multicast address"),
        0x2000..=0x3fff => {}
        _ => return Some("a reserved address"),
    }
    let bits = [first, second, third]
        .into_iter()
        .fold(0_u64, |bits, part| bits << 16 | u64::from(part));
    let within = |(network, length, _): &&([u16; 3], u8, &str)| {
        let network = network.iter().fold(0_u64, |bits, part| bits << 16 | u64::from(*part));
        let shift = 48 - u32::from(*length);
        bits >> shift == network >> shift
    };
    V6.iter().find(within).map(|(_, _, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> Option<&'static str> {
        let checked = Allowed::default().check(address.parse().unwrap());
        checked.err().map(|refused| refused.what)
    }

    #[test]
    fn only_public_addresses_are_sent_to() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "::8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "3ffe::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ff0e::1",
            "4000::1",
            "1::1",
        ] {
            assert!(refused(address).is_some(), "{address}");
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "169.255.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.0.3.1",
            "192.167.255.255",
            "192.169.0.1",
            "198.17.255.255",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2003::1",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2001:db9::1",
        ] {
            assert_eq!(refused(address), None, "{address}");
        }
    }

    /// The address before this one, or behind it.
    fn beside(address: IpAddr, step: i128) -> Option<IpAddr> {
        match address {
            IpAddr::V4(address) => {
                let bits = i128::from(address.to_bits()) + step;
                u32::try_from(bits).ok().map(|bits| Ipv4Addr::from_bits(bits).into())
            }
            IpAddr::V6(address) => {
                let bits = address.to_bits().checked_add_signed(step)?;
                Some(Ipv6Addr::from_bits(bits).into())
            }
        }
    }

    #[test]
    fn each_range_is_refused_to_its_ends_and_no_further() {
        for (network, what) in [
            ("0.0.0.0/8", "an unspecified address"),
            ("10.0.0.0/8", "a private address"),
            ("100.64.0.0/10", "an address of a carrier's own network"),
            ("127.0.0.0/8", "a loopback address"),
            ("169.254.0.0/16", "a link-local address"),
            ("172.16.0.0/12", "a private address"),
            ("192.0.0.0/24", "an address of protocols"),
            ("192.0.2.0/24", "an address for documentation"),
            ("192.31.196.0/24", "an address of protocols"),
            ("192.52.193.0/24", "an address of protocols"),
            ("192.88.99.0/24", "a 6to4 relay"),
            ("192.168.0.0/16", "a private address"),
            ("192.175.48.0/24", "an address of protocols"),
            ("198.18.0.0/15", "an address for measurements"),
            ("198.51.100.0/24", "an address for documentation"),
            ("203.0.113.0/24", "an address for documentation"),
            ("255.255.255.255/32", "a broadcast address"),
            ("::/128", "an unspecified address"),
            ("::1/128", "a loopback address"),
            ("::ffff:0:0/96", "an IPv4 address within IPv6"),
            ("2001::/32", "a Teredo address"),
            ("2001:db8::/32", "an address for documentation"),
            ("2002::/16", "a 6to4 address"),
            ("2620:4f:8000::/48", "an address of protocols"),
            ("3ffe::/16", "an address of a network that is gone"),
            ("3fff::/20", "an address for documentation"),
            ("fc00::/7", "a unique local address"),
            ("fe80::/10", "a link-local address"),
            ("fec0::/10", "a site-local address"),
            ("ff00::/8", "a multicast address"),
        ] {
            let range: IpNet = network.parse().unwrap();
            let (first, last) = (range.network(), range.broadcast());
            let what_of = |address: IpAddr| refused(&address.to_string());
            assert_eq!((what_of(first), what_of(last)), (Some(what), Some(what)), "{network}");
            for outside in [beside(first, -1), beside(last, 1)].into_iter().flatten() {
                assert_ne!(what_of(outside), Some(what), "{outside} beside {network}");
            }
        }
        // The rest of the protocols' range, whose beginning is Teredo's.
        for (address, what) in [
            ("2001:1::", Some("an address of protocols")),
            (
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some("an address of protocols"),
            ),
            ("2001:200::", None),
            ("224.0.0.0", Some("a multicast or reserved address")),
            ("223.255.255.255", None),
        ] {
            assert_eq!(refused(address), what, "{address}");
        }
    }

    #[test]
    fn a_refusal_says_why() {
        let checked = Allowed::default().check("169.254.169.254".parse().unwrap());
        let text = "The receiver has a link-local address: webhooks are not sent there";
        assert_eq!(checked.unwrap_err().to_string(), text);
    }

    #[test]
    fn the_operator_can_allow_networks() {
        let allowed = Allowed(vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let check = |address: &str| allowed.check(address.parse().unwrap()).is_ok();
        assert!(check("127.0.0.1") && check("fd12::1") && check("8.8.8.8"));
        for address in ["10.0.0.1", "::1", "::ffff:127.0.0.1", "fc00::1", "64:ff9b::7f00:1"] {
            assert!(!check(address), "{address}");
        }
    }
}
