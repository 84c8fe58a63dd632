package directory

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/transport"
)

// household is an account with devices made from numbers, the first one that of the certificate.
type household struct {
	t     *testing.T
	rings []*keyring.Ring
	chain *roster.Chain
}

func newHousehold(t *testing.T) *household {
	h := &household{t: t, rings: []*keyring.Ring{keyring.Ephemeral(rand.NewChaCha8([32]byte{1}))}}
	c := h.rings[0].Certificate()
	first, err := roster.Found(&c)
	if err != nil {
		t.Fatal(err)
	}
	h.chain = roster.New(first.Authority)
	h.add(first, nil)
	return h
}

func (h *household) add(e roster.Entry, err error) {
	h.t.Helper()
	if err == nil {
		err = h.chain.Add(e, 0)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *household) root() func([]byte) [64]byte {
	h.t.Helper()
	sign, err := h.rings[0].Root()
	if err != nil {
		h.t.Fatal(err)
	}
	return sign
}

// enrol adds a device and returns it.
func (h *household) enrol(rights roster.Rights) *keyring.Ring {
	h.t.Helper()
	ring := h.rings[0].Sibling(rand.NewChaCha8([32]byte{2, byte(len(h.rings))}), roster.RootPlaceHere)
	c := ring.Certificate()
	d := roster.Device{Signing: c.Signing, Agreement: c.Agreement, Link: c.Link, Rights: rights}
	d.Countersignature = ring.Sign(d.SigningBytes(ring.Authority()))
	e, err := roster.Enrol(h.chain.State(0), h.rings[0].Device(), d)
	h.add(e.Sign(h.root()), err)
	h.rings = append(h.rings, ring)
	return ring
}

func (h *household) remove(maker, other *keyring.Ring) {
	h.t.Helper()
	e, err := roster.Remove(h.chain.State(0), maker.Device(), other.Device())
	h.add(e.Sign(h.root()), err)
}

// record returns the n-th fact of a device, committed alone.
func record(t *testing.T, n byte, by domain.Caller, draft fact.Draft, err error) []fact.Record {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return []fact.Record{{Position: fact.Position(n), ID: aura.FactID{n}, Fact: fact.Fact{
		Namespace: draft.Namespace, Kind: draft.Kind, Payload: draft.Payload, Author: by.Authority, Device: by.Device, Logical: aura.Logical(n),
	}}}
}

// announced returns the n-th fact, which announces all entries in a context, or in the own namespace.
func (h *household) announced(n byte, context aura.ContextID) []fact.Record {
	h.t.Helper()
	list, err := roster.Announce(h.chain.Current(0))
	if err != nil || len(list) != 1 {
		h.t.Fatal(len(list), err)
	}
	by := domain.Caller{Authority: h.rings[0].Authority(), Device: h.rings[0].Device()}
	var draft fact.Draft
	if context.IsZero() {
		draft, err = by.Draft(device.KindRoster, list[0])
	} else {
		draft, err = by.Shared(context, device.KindRoster, list[0])
	}
	return record(h.t, n, by, draft, err)
}

// ids returns the devices of peers.
func ids(peers []Peer) (all []aura.DeviceID) {
	for i := range peers {
		all = append(all, peers[i].Device.ID())
	}
	return all
}

// TestEachDeviceOfAContactIsAPeer: those of its roster that may speak, the main one first; and of each the key opens a
// channel, and no other key does.
func TestEachDeviceOfAContactIsAPeer(t *testing.T) {
	h, own := newHousehold(t), aura.AuthorityOf([]byte("ben"))
	context, secret := aura.ContextID{1}, [32]byte{9}
	index := New(modules(t), own, func(key string) ([]byte, error) {
		if key == domain.SecretKey(context) {
			return secret[:], nil
		}
		return nil, nil
	})
	by := domain.Caller{Authority: own}
	c := h.rings[0].Certificate()
	draft, err := by.Draft(contact.KindAdded, contact.Added{Context: context, Authority: c.Authority(), Certificate: c.Encode(), Name: "Ada"})
	index.Committed(record(t, 1, by, draft, err))
	n := byte(1)
	expect := func(when string, rings ...*keyring.Ring) {
		t.Helper()
		peers := index.Peers()
		var want []aura.DeviceID
		for _, r := range rings {
			want = append(want, r.Device())
			if !index.Knows(r.Certificate().Link) {
				t.Errorf("%s: the network does not know device %d", when, slices.Index(h.rings, r))
			}
		}
		got := ids(peers)
		if len(got) == 0 || got[0] != want[0] || !peers[0].Main || slices.ContainsFunc(peers[1:], func(p Peer) bool { return p.Main }) {
			t.Errorf("%s: the main device is not the first of %d", when, len(got))
		}
		slices.SortFunc(got, aura.DeviceID.Compare)
		slices.SortFunc(want, aura.DeviceID.Compare)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d peers, want %d", when, len(got), len(want))
		}
		opens, _ := index.ByTag(transport.TagOf(secret))
		if len(opens.Peers) != len(want) || len(index.Members()) != 1 {
			t.Errorf("%s: %d keys open a channel to %d members", when, len(opens.Peers), len(index.Members()))
		}
	}
	announce := func() {
		n++
		index.Committed(h.announced(n, context))
	}
	phone := h.rings[0]
	expect("before any entry", phone)
	announce()
	expect("after entry 0", phone)
	laptop := h.enrol(roster.RightsSpeak)
	h.enrol(0) // says nothing
	announce()
	expect("with a laptop", phone, laptop)
	all := []*keyring.Ring{phone, laptop}
	for len(h.rings) < roster.MaxDevices {
		all = append(all, h.enrol(roster.RightsSpeak))
	}
	announce()
	expect("with as many as there can be", all...)
	for _, r := range all[2:] {
		h.remove(phone, r)
	}
	h.remove(laptop, phone)
	announce()
	expect("without the first", laptop)
	if p := (Peer{Context: context, Authority: phone.Authority(), Device: roster.Device{Signing: c.Signing}}); !index.Unlisted(&p) {
		t.Error("a removed device counts as listed")
	}
	if p := index.Peers()[0]; index.Unlisted(&p) {
		t.Error("a device that is left counts as removed")
	}
}

// TestTheOtherDevicesOfTheOwnerArePeers: in the own context, once its secret is there.
func TestTheOtherDevicesOfTheOwnerArePeers(t *testing.T) {
	h := newHousehold(t)
	laptop := h.enrol(roster.RightsSpeak)
	own := laptop.Authority()
	meta := map[string][]byte{}
	index := New(modules(t), own, func(key string) ([]byte, error) { return meta[key], nil })
	index.state.own = laptop.Device()
	index.Committed(h.announced(1, aura.ContextID{}))
	if got := index.Peers(); len(got) != 0 {
		t.Errorf("without the secret: %d peers", len(got))
	}
	meta[domain.SecretKey(device.OwnContext(own))] = make([]byte, 32)
	where, err := fact.Marshal([]string{"/ip4/192.0.2.1/udp/4001/quic-v1"})
	if err != nil {
		t.Fatal(err)
	}
	meta[device.AddressesKey(h.rings[0].Device())] = where
	index.Committed(h.announced(2, aura.ContextID{}))
	got := index.Peers()
	if !slices.Equal(ids(got), []aura.DeviceID{h.rings[0].Device()}) || !got[0].Own || len(got[0].Addresses) != 1 {
		t.Errorf("peers are %+v", got)
	}
	if len(index.Members()) != 0 {
		t.Error("the owner is a member of no context")
	}
	h.remove(laptop, h.rings[0])
	index.Committed(h.announced(3, aura.ContextID{}))
	if got := index.Peers(); len(got) != 0 {
		t.Errorf("after the removal: %d peers", len(got))
	}
}
