package transport

import (
	"slices"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

// TestAnAddressThatIsGoneIsNotSaid: the library's memory of this machine's own addresses is corrected, and its
// knowledge of a router is not.
func TestAnAddressThatIsGoneIsNotSaid(t *testing.T) {
	parse := func(texts ...string) (all []ma.Multiaddr) {
		for _, text := range texts {
			all = append(all, ma.StringCast(text))
		}
		return all
	}
	const home, train, loop, router = "/ip4/192.168.1.7/udp/1/quic-v1", "/ip4/10.0.0.9/udp/1/quic-v1", "/ip4/127.0.0.1/udp/1/quic-v1", "/ip4/203.0.113.5/udp/7/quic-v1"
	p := ownAddresses{}
	for _, c := range []struct{ said, now, want []ma.Multiaddr }{
		{parse(loop, home), parse(loop, home), parse(loop, home)},
		{parse(loop, home, router), parse(loop, home), parse(loop, home, router)},
		{parse(loop, home, router), parse(loop, train), parse(loop, router, train)},
		{parse(loop, home, router), parse(loop), parse(loop, router)},
		{parse(loop, train), parse(loop, home), parse(loop, home)},
		{parse(loop, home), parse(loop, home), parse(loop, home)},
	} {
		if got := p.correct(c.said, c.now); !slices.EqualFunc(got, c.want, func(a, b ma.Multiaddr) bool { return a.Equal(b) }) {
			t.Errorf("%v, of which the machine has %v: %v, want %v", c.said, c.now, got, c.want)
		}
	}
}
