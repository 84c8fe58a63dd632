package status_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
)

func TestNewestConnectionOfAPeerIsShown(t *testing.T) {
	ben, cleo := aura.AuthorityID{2}, aura.AuthorityID{3}
	observed := func(peer aura.AuthorityID, reach status.Link) fact.Observation {
		o, err := status.Connection{Link: reach}.Observation(peer)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	var c status.Connections
	for _, o := range []fact.Observation{
		observed(cleo, status.LinkConnecting), observed(ben, status.LinkDirect), observed(cleo, status.LinkRelayed),
	} {
		if !c.Observe(o) {
			t.Errorf("observation of %s was refused", o.Key)
		}
	}
	want := []status.Peer{
		{Authority: ben, Connection: status.Connection{Link: status.LinkDirect}},
		{Authority: cleo, Connection: status.Connection{Link: status.LinkRelayed}},
	}
	if diff := cmp.Diff(want, c.View()); diff != "" {
		t.Error(diff)
	}
	c.Observe(fact.Observation{Kind: status.Observed, Key: ben.String()})
	if diff := cmp.Diff(want[1:], c.View()); diff != "" {
		t.Errorf("after ben is gone: %s", diff)
	}
}

// TestOneDeviceOfAPeerIsEnough: a peer with several devices is shown as the one that is connected best, and is gone with the
// last.
func TestOneDeviceOfAPeerIsEnough(t *testing.T) {
	var c status.Connections
	ben := aura.AuthorityID{2}
	observe := func(device byte, link status.Link) {
		t.Helper()
		o := fact.Observation{Kind: status.Observed, Key: status.ObservedKey(ben, aura.DeviceID{device})}
		if link != 0 {
			with, err := status.Connection{Link: link}.Observation(ben)
			if err != nil {
				t.Fatal(err)
			}
			o.Payload = with.Payload
		}
		if !c.Observe(o) {
			t.Errorf("observation of %s was refused", o.Key)
		}
	}
	for _, step := range []struct {
		device     byte
		link, want status.Link
	}{
		{1, status.LinkOffline, status.LinkOffline}, {2, status.LinkConnecting, status.LinkConnecting},
		{1, status.LinkRelayed, status.LinkRelayed}, {2, status.LinkDirect, status.LinkDirect},
		{2, 0, status.LinkRelayed}, {1, status.LinkOffline, status.LinkOffline},
	} {
		observe(step.device, step.link)
		if got := c.View(); len(got) != 1 || got[0].Link != step.want {
			t.Errorf("after device %d is %s: %v, want %s", step.device, step.link, got, step.want)
		}
	}
	observe(1, 0)
	if got := c.View(); len(got) != 0 {
		t.Errorf("without devices: %v", got)
	}
}

func TestStrangeObservationsChangeNothing(t *testing.T) {
	var c status.Connections
	for _, o := range []fact.Observation{
		{Kind: "delivery.outbox", Key: aura.AuthorityID{2}.String(), Payload: []byte{0xa0}},
		{Kind: status.Observed, Key: "ben", Payload: []byte{0xa0}},
		{Kind: status.Observed, Key: aura.AuthorityID{2}.String(), Payload: []byte("not cbor")},
	} {
		if c.Observe(o) {
			t.Errorf("%+v was taken", o)
		}
	}
	if got := c.View(); len(got) != 0 {
		t.Errorf("view is %v", got)
	}
}
