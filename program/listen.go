package program

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/aura-runtime/aura"
)

// listenAddresses turns what --listen names, "host:port" or multiaddr text, into multiaddrs for QUIC and TCP.
// None: every interface, at a port that is free. private says that every address is of this machine alone.
func listenAddresses(named []string) (addresses []string, private bool, err error) {
	if len(named) == 0 {
		named = []string{"0.0.0.0:0", "[::]:0"}
	}
	private = true
	for _, text := range named {
		if strings.HasPrefix(text, "/") {
			addresses = append(addresses, text)
			private = private && isLoopbackMultiaddr(text)
			continue
		}
		at, err := parseHostPort(text)
		if err != nil {
			return nil, false, err
		}
		family := "/ip4/"
		if at.Addr().Is6() {
			family = "/ip6/"
		}
		host, port := family+at.Addr().String(), strconv.Itoa(int(at.Port()))
		addresses = append(addresses, host+"/udp/"+port+"/quic-v1", host+"/tcp/"+port)
		private = private && at.Addr().IsLoopback()
	}
	return addresses, private, nil
}

// parseHostPort reads an IP address with a port; no address means every interface.
func parseHostPort(text string) (netip.AddrPort, error) {
	if strings.HasPrefix(text, ":") {
		text = "0.0.0.0" + text
	}
	text = strings.Replace(text, "localhost:", "127.0.0.1:", 1)
	at, err := netip.ParseAddrPort(text)
	if err != nil || at.Addr().Zone() != "" {
		return netip.AddrPort{}, aura.Errorf("program.parseHostPort", aura.Invalid,
			"%q is no address to listen on: write an IP address and a port, such as 0.0.0.0:4001, or a multiaddr", text)
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
}

func isLoopbackMultiaddr(text string) bool {
	parts := strings.Split(text, "/")
	if len(parts) < 3 {
		return false
	}
	addr, err := netip.ParseAddr(parts[2])
	return err == nil && addr.IsLoopback()
}
