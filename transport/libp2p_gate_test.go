package transport

import (
	"crypto/ed25519"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// TestTheGateServesContacts is inside the package: a reservation outlives the moment at which a contact is
// blocked, which no test from outside can wait for. The gate must then relay in neither direction.
func TestTheGateServesContacts(t *testing.T) {
	name := func(seed byte) (PeerID, peer.ID) {
		s := [32]byte{seed}
		p := PeerID(ed25519.NewKeyFromSeed(s[:]).Public().(ed25519.PublicKey))
		id, err := nameOf(p)
		if err != nil {
			t.Fatal(err)
		}
		return p, id
	}
	ada, adaID := name(1)
	ben, benID := name(2)
	_, strangerID := name(3)
	open := false
	g := newGate(Libp2pOptions{
		Contacts:  func(p PeerID) bool { return p == ada || p == ben },
		Strangers: func() bool { return open },
	})
	for _, c := range []struct {
		from, to peer.ID
		want     bool
	}{
		{adaID, benID, true}, {benID, adaID, true}, {adaID, strangerID, false}, {strangerID, adaID, false}, {strangerID, strangerID, false},
	} {
		if got := g.AllowConnect(c.from, nil, c.to); got != c.want {
			t.Errorf("relaying from %s to %s: %t", c.from, c.to, got)
		}
	}
	for id, want := range map[peer.ID]bool{adaID: true, strangerID: false} {
		if got := g.AllowReserve(id, nil); got != want {
			t.Errorf("reserving for %s: %t", id, got)
		}
		for _, open = range []bool{false, true} {
			if got := g.InterceptSecured(network.DirInbound, id, nil); got != (want || open) {
				t.Errorf("connecting from %s while an invitation is open %t: %t", id, open, got)
			}
		}
	}
	closed := newGate(Libp2pOptions{})
	if closed.knows(adaID) || closed.strangers() {
		t.Error("a gate without rules lets somebody in")
	}
}
