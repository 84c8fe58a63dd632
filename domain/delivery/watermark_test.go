package delivery_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// metadata is a journal's.
type metadata map[string][]byte

func (m metadata) watermarks() delivery.Watermarks {
	return func(key string) ([]byte, error) { return m[key], nil }
}

// acknowledge notes that a device has facts up to a number.
func (m metadata) acknowledge(t failer, r delivery.Receiver, number uint64) {
	t.Helper()
	marks, err := m.watermarks().Advance(r, number)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range marks {
		m[one.Key] = one.Value
	}
}

type failer interface {
	Helper()
	Fatal(...any)
}

func to(n byte) delivery.Receiver {
	return delivery.Receiver{Context: adaBen, Peer: ben.Authority(), Device: aura.DeviceID{n}, First: aura.DeviceID{1}}
}

// TestOneDeviceWritesTheMarkOfItsPeerAlone: metadata of a peer with one device are the same as before there were several.
func TestOneDeviceWritesTheMarkOfItsPeerAlone(t *testing.T) {
	m := metadata{}
	for _, n := range []uint64{1, 5, 9} {
		m.acknowledge(t, to(1), n)
	}
	if keys := slices.Collect(maps.Keys(m)); !slices.Equal(keys, []string{delivery.AckedKey(adaBen, ben.Authority())}) {
		t.Errorf("written are %q", keys)
	}
}

// TestMarksOfDevicesFollowEach: whatever the devices acknowledge in whatever order, also after an earlier build counted for
// the first one, each has its own mark and the peer the greatest.
func TestMarksOfDevicesFollowEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, want := metadata{}, map[byte]uint64{}
		if before := rapid.Uint64Range(0, 9).Draw(t, "before"); before > 0 {
			r, err := delivery.Acknowledge(domain.Caller{}, ben.Authority(), ben.Device(), guard.Mark{Context: adaBen, Number: before})
			if err != nil {
				t.Fatal(err)
			}
			m[r.Metadata[0].Key], want[1] = r.Metadata[0].Value, before
		}
		for range rapid.IntRange(0, 12).Draw(t, "acknowledgements") {
			n := rapid.ByteRange(1, 3).Draw(t, "device")
			want[n] += rapid.Uint64Range(1, 5).Draw(t, "more")
			m.acknowledge(t, to(n), want[n])
		}
		most := uint64(0)
		for n := range byte(3) {
			got, _, err := m.watermarks().AckedBy(to(n + 1))
			if err != nil || got != want[n+1] {
				t.Fatalf("device %d has %d, %v; want %d", n+1, got, err, want[n+1])
			}
			most = max(most, got)
		}
		if got, _, err := m.watermarks().Acked(adaBen, ben.Authority()); err != nil || got != most {
			t.Fatalf("the peer has %d, %v; want %d", got, err, most)
		}
	})
}

// TestGivingUpSettlesEveryDevice: a text that was given up waits for no device.
func TestGivingUpSettlesEveryDevice(t *testing.T) {
	m := metadata{}
	m.acknowledge(t, to(1), 3)
	r, err := delivery.GiveUp(domain.Caller{}, ben.Authority(), guard.Mark{Context: adaBen, Number: 5}, "gone")
	if err != nil {
		t.Fatal(err)
	}
	m[r.Metadata[0].Key] = r.Metadata[0].Value
	m.acknowledge(t, to(2), 7)
	for n, want := range map[byte]uint64{1: 5, 2: 7, 3: 5} {
		if got, err := m.watermarks().SettledBy(to(n)); err != nil || got != want {
			t.Errorf("device %d is settled through %d, %v; want %d", n, got, err, want)
		}
	}
}

// TestOneDeviceDelivers: a fact is as far as on the device to which it got farthest.
func TestOneDeviceDelivers(t *testing.T) {
	observed := func(s *delivery.State, n byte, box delivery.Outbox) {
		payload, err := fact.Marshal(box)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Observe(fact.Observation{
			Kind: delivery.ObservedOutbox, Key: delivery.OutboxKey(adaBen, ben.Authority(), aura.DeviceID{n}), Payload: payload,
		}) {
			t.Fatal("the observation is refused")
		}
	}
	at := delivery.Place{Context: adaBen, Device: ada.Device(), Seq: 4}
	first, second := aura.DeviceID{1}, aura.DeviceID{2}
	for name, c := range map[string]struct {
		facts   []fact.Record
		boxes   map[byte]delivery.Outbox
		want    delivery.Progress
		reason  string
		holders []aura.DeviceID
	}{
		"no device": {
			nil, map[byte]delivery.Outbox{1: {Reason: "away"}, 2: {Reason: "asleep"}}, delivery.ProgressWaiting, "away", nil,
		},
		"sent to one":                           {nil, map[byte]delivery.Outbox{1: {Reason: "away"}, 2: {Sent: 4}}, delivery.ProgressSent, "", nil},
		"counted for one":                       {nil, map[byte]delivery.Outbox{1: {Reason: "away"}, 2: {Acked: 4, Counted: true}}, delivery.ProgressDelivered, "", []aura.DeviceID{second}},
		"a fact says so":                        {[]fact.Record{acknowledged(t, second, 5)}, map[byte]delivery.Outbox{1: {Reason: "away"}, 2: {}}, delivery.ProgressDelivered, "", []aura.DeviceID{second}},
		"both":                                  {[]fact.Record{acknowledged(t, second, 5)}, map[byte]delivery.Outbox{1: {Acked: 9, Counted: true}, 2: {}}, delivery.ProgressDelivered, "", []aura.DeviceID{first, second}},
		"a removed device":                      {[]fact.Record{acknowledged(t, second, 5)}, map[byte]delivery.Outbox{1: {Reason: "away"}}, delivery.ProgressWaiting, "away", nil},
		"one device, not more":                  {[]fact.Record{acknowledged(t, second, 5)}, nil, delivery.ProgressDelivered, "", nil},
		"an older text is at two, and no agent": {[]fact.Record{acknowledged(t, first, 3), acknowledged(t, second, 5)}, nil, delivery.ProgressDelivered, "", nil},
		"at two, and no agent": {
			[]fact.Record{acknowledged(t, first, 4), acknowledged(t, second, 5)}, nil, delivery.ProgressDelivered, "", []aura.DeviceID{first, second},
		},
	} {
		s := delivery.NewState(ada.Authority())
		for i := range c.facts {
			s.Apply(&c.facts[i])
		}
		for n, box := range c.boxes {
			observed(s, n, box)
		}
		got, why := s.Progress(at, ben.Authority())
		if got != c.want || why != c.reason || !slices.Equal(s.Holders(at, ben.Authority()), c.holders) {
			t.Errorf("%s: %s, %q, on %v", name, got, why, s.Holders(at, ben.Authority()))
		}
	}
}

func acknowledged(t *testing.T, by aura.DeviceID, through uint64) fact.Record {
	return ada.Own(t, 1, delivery.KindAcked, delivery.Acked{Context: adaBen, Peer: ben.Authority(), Device: by, Through: through})
}
