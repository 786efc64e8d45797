//! Where a request came from: the peer of its connection, or whom trusted proxies say they speak for.

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;
use ipnet::IpNet;

/// In the extensions of every request that came over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Proxies whose `X-Forwarded-For` is believed. Anybody else's is what anybody can write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(pub Vec<IpNet>);

const FORWARDED_FOR: &str = "x-forwarded-for";

impl TrustedProxies {
    /// The first address, seen from here, that is no trusted proxy's.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        if !self.trust(client) {
            return ClientAddress(client);
        }
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        for part in lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')) {
            // What is no address says that the proxy before knows no more.
            let text = std::str::from_utf8(part).unwrap_or_default();
            let Some(address) = parse(text.trim()) else { break };
            client = address;
            if !self.trust(client) {
                break;
            }
        }
        ClientAddress(client)
    }

    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }
}

/// Whom an address stands for where something is counted: one customer has a whole network of IPv6 addresses, as a rule
/// of 56 bits.
pub fn network(address: IpAddr) -> IpAddr {
    prefix(address, 56)
}

/// Whom it stands for where places are shared out: some customers have 48 bits.
pub fn site(address: IpAddr) -> IpAddr {
    prefix(address, 48)
}

fn prefix(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & (u128::MAX << (128 - bits)))),
        address @ IpAddr::V4(_) => address,
    }
}

/// Whether it is an address of the internet: others are those of proxies, or of one's own network.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let shared = address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64;
            !(address.is_loopback() || address.is_private() || address.is_link_local() || shared)
        }
        IpAddr::V6(address) => !(address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()),
    }
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let unbracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let bare = unbracketed.map_or(text, |(address, _)| address);
    let address = bare.parse::<IpAddr>().ok();
    let address = address.or_else(|| {
        text.parse::<std::net::SocketAddr>()
            .ok()
            .map(|with_port| with_port.ip())
    });
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_counts_by_its_network() {
        let of = |text: &str| text.parse::<IpAddr>().unwrap();
        for (address, whose, where_to) in [
            ("192.0.2.77", "192.0.2.77", "192.0.2.77"),
            ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.77"),
            ("2001:db8:aaaa:bbcc:1:2:3:4", "2001:db8:aaaa:bb00::", "2001:db8:aaaa::"),
        ] {
            assert_eq!((network(of(address)), site(of(address))), (of(whose), of(where_to)));
        }
        for (address, public) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("10.1.2.3", false),
            ("172.17.0.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("fd00::1", false),
            ("fe80::1", false),
            ("::ffff:192.168.0.1", false),
            ("192.0.2.77", true),
            ("2001:db8::1", true),
        ] {
            assert_eq!(is_public(of(address)), public, "{address}");
        }
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        for (peer, lines, client) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            // A client can put anything in front of what the proxy adds.
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.2.3.4"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("::1", &["[2001:db8::5]:4711"], "2001:db8::5"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7, nonsense, 10.2.3.4"], "10.2.3.4"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = trusted.client(peer.parse().unwrap(), &headers);
            assert_eq!(found, ClientAddress(client.parse().unwrap()), "{peer} {lines:?}");
        }
        let mut headers = HeaderMap::new();
        let joined = http::HeaderValue::from_bytes(b"203.0.113.9, \xff, 198.51.100.7").unwrap();
        headers.append(FORWARDED_FOR, joined);
        let found = trusted.client("10.0.0.1".parse().unwrap(), &headers);
        assert_eq!(found, ClientAddress("198.51.100.7".parse().unwrap()));
    }
}
