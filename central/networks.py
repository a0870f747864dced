"""From which networks something may come: a list of CIDR networks. Pure."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Networks:
    """Networks such as 10.20.0.0/16 or fd00:20::/32. None at all = from anywhere."""

    among: tuple[Network, ...] = ()

    def allow(self, address: str) -> bool:
        """Whether this address lies in one of them; an IPv4 address in IPv6 clothes (`::ffff:10.20.0.7`) is itself, and
        what is no address lies in none."""
        if not self.among:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in self.among)


ANYWHERE = Networks()


def read_networks(said: str | Iterable[str]) -> Networks:
    """From a list, or from one string with commas. Raises ValueError that says which one and why."""
    words = said.split(",") if isinstance(said, str) else list(said)
    return Networks(tuple(_network(word) for word in words if not isinstance(word, str) or word.strip()))


def _network(word: str) -> Network:
    if not isinstance(word, str):
        raise ValueError(f"{word!r} is no text; write a network such as '10.20.0.0/16'")
    try:
        return ipaddress.ip_network(word.strip())
    except ValueError as error:
        raise ValueError(f"{error}; write a network such as '10.20.0.0/16'") from error
