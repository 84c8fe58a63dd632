package delivery_test

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada     = foldtest.NewPerson(1)
	ben     = foldtest.NewPerson(2)
	adaBen  = aura.ContextID{12}
	another = aura.ContextID{13}
)

func acked(t testing.TB, at aura.Logical, in aura.ContextID, through uint64) fact.Record {
	return ada.Own(t, at, delivery.KindAcked, delivery.Acked{Context: in, Peer: ben.Authority(), Device: ben.Device(), Through: through})
}

func failed(t testing.TB, at aura.Logical, in aura.ContextID, through uint64, why string) fact.Record {
	return ada.Own(t, at, delivery.KindFailed, delivery.Failed{Context: in, Peer: ben.Authority(), Through: through, Reason: why})
}

func TestEveryFactIsCheckedWhereItLies(t *testing.T) {
	foldtest.Checked(t, delivery.Module(), acked(t, 1, adaBen, 1), failed(t, 2, adaBen, 1, "gone"))
	registry := foldtest.Registry(t, delivery.Module())
	for name, r := range map[string]fact.Record{
		"delivered nowhere":        acked(t, 1, aura.ContextID{}, 1),
		"failed nowhere":           failed(t, 1, aura.ContextID{}, 1, "gone"),
		"failed without a reason":  failed(t, 1, adaBen, 1, ""),
		"failed for a long reason": failed(t, 1, adaBen, 1, strings.Repeat("x", 1<<16)),
	} {
		if err := registry.Check(&r.Fact); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// records draws facts about deliveries of the owner, and some that the owner must not heed.
func records(t *testing.T, f *rapid.T) []fact.Record {
	return rapid.SliceOfN(rapid.Custom(func(f *rapid.T) fact.Record {
		at := aura.Logical(rapid.IntRange(1, 50).Draw(f, "at"))
		in := rapid.SampledFrom([]aura.ContextID{adaBen, another}).Draw(f, "context")
		through := rapid.Uint64Range(1, 5).Draw(f, "through")
		switch rapid.IntRange(0, 3).Draw(f, "kind") {
		case 0:
			return acked(t, at, in, through)
		case 1:
			return failed(t, at, in, through, "gone")
		case 2:
			return ben.Own(t, at, delivery.KindAcked, delivery.Acked{Context: in, Peer: ben.Authority(), Through: 9})
		}
		return ada.Shared(t, in, at, through, delivery.KindAcked, delivery.Acked{Context: in, Peer: ben.Authority(), Through: 9})
	}), 1, 20).Draw(f, "records")
}

func TestAnyOrderGivesTheSameState(t *testing.T) {
	rapid.Check(t, func(f *rapid.T) {
		foldtest.OrderInsensitive(f, records(t, f), newState)
	})
}

// TestProgressFollowsWhatIsKnown holds the answer against a table that needs no fold: the greatest acknowledgement
// of the owner's facts, then the newest fact of giving up, then the observed outbox.
func TestProgressFollowsWhatIsKnown(t *testing.T) {
	rapid.Check(t, func(f *rapid.T) {
		all := records(t, f)
		s := delivery.NewState(ada.Authority())
		ackedThrough := uint64(0)
		for i := range all {
			s.Apply(&all[i])
			var p delivery.Acked
			own := all[i].Fact.Namespace == fact.OwnNamespace(ada.Authority())
			if own && all[i].Fact.Kind == delivery.KindAcked && fact.Unmarshal(all[i].Fact.Payload, &p) == nil && p.Context == adaBen {
				ackedThrough = max(ackedThrough, p.Through)
			}
		}
		seq := rapid.Uint64Range(1, 8).Draw(f, "seq")
		got, why := s.Progress(delivery.Place{Context: adaBen, Device: ada.Device(), Seq: seq}, ben.Authority())
		switch {
		case seq <= ackedThrough:
			if got != delivery.ProgressDelivered {
				f.Fatalf("acknowledged through %d, fact %d is %s", ackedThrough, seq, got)
			}
		case got == delivery.ProgressFailed:
			if seq > 5 || why == "" {
				f.Fatalf("fact %d failed: %q", seq, why)
			}
		case got != delivery.ProgressWaiting || why == "":
			f.Fatalf("no agent runs, and fact %d is %s: %q", seq, got, why)
		}
	})
}

// TestATextOfASiblingIsAsFarAsItsFactsSay: the outboxes of this device have the facts of this device, at other places.
func TestATextOfASiblingIsAsFarAsItsFactsSay(t *testing.T) {
	s := delivery.NewState(ada.Authority())
	box, err := fact.Marshal(delivery.Outbox{Acked: 9, Sent: 9, Charged: 9, Counted: true, From: ada.Device()})
	if err != nil {
		t.Fatal(err)
	}
	s.Observe(fact.Observation{Kind: delivery.ObservedOutbox, Key: delivery.OutboxKey(adaBen, ben.Authority(), ben.Device()), Payload: box})
	own := delivery.Place{Context: adaBen, Device: ada.Device(), Seq: 4}
	sibling := delivery.Place{Context: adaBen, Device: aura.DeviceID{7}, Seq: 4}
	if got, _ := s.Progress(own, ben.Authority()); got != delivery.ProgressDelivered {
		t.Errorf("an own text is %s", got)
	}
	if got, why := s.Progress(sibling, ben.Authority()); got != delivery.ProgressWaiting || why == "" {
		t.Errorf("a text of a sibling is %s %q", got, why)
	}
	r := acked(t, 1, adaBen, 4)
	r.Fact.Device = sibling.Device
	s.Apply(&r)
	if got, _ := s.Progress(sibling, ben.Authority()); got != delivery.ProgressDelivered {
		t.Errorf("a text of a sibling that the peer has is %s", got)
	}
}

// TestFactsOfACopySayNothingOfABranch: a copy of this home got through with its own branch, and its facts came by a sibling. They name a place beyond
// the text, which lies on another branch. The positions that the agent observes say how far all branches here are.
func TestFactsOfACopySayNothingOfABranch(t *testing.T) {
	straight := delivery.Place{Context: adaBen, Device: ada.Device(), Seq: 3, Position: 9, Fork: 4}
	branch := delivery.Place{Context: adaBen, Device: ada.Device(), Seq: 4, Position: 12, Fork: 4}
	for _, c := range []struct {
		box              *delivery.Outbox
		straight, branch delivery.Progress
	}{
		{nil, delivery.ProgressDelivered, delivery.ProgressWaiting},
		{&delivery.Outbox{Branched: true, Acked: 9, AckedAt: 8, Counted: true}, delivery.ProgressWaiting, delivery.ProgressWaiting},
		{&delivery.Outbox{Branched: true, Acked: 9, AckedAt: 9, SentAt: 12, Counted: true}, delivery.ProgressDelivered, delivery.ProgressSent},
		{&delivery.Outbox{Branched: true, AckedAt: 12, Counted: true}, delivery.ProgressDelivered, delivery.ProgressDelivered},
		{&delivery.Outbox{Acked: 9, Counted: true}, delivery.ProgressDelivered, delivery.ProgressWaiting}, // observed before the other branch came
	} {
		s := delivery.NewState(ada.Authority())
		r := acked(t, 1, adaBen, 9)
		r.Position = 20
		s.Apply(&r)
		if c.box != nil {
			c.box.From = ada.Device()
			b, err := fact.Marshal(c.box)
			if err != nil {
				t.Fatal(err)
			}
			s.Observe(fact.Observation{Kind: delivery.ObservedOutbox, Key: delivery.OutboxKey(adaBen, ben.Authority(), ben.Device()), Payload: b})
		}
		for of, want := range map[*delivery.Place]delivery.Progress{&straight: c.straight, &branch: c.branch} {
			if got, why := s.Progress(*of, ben.Authority()); got != want {
				t.Errorf("%+v: the text at place %d is %s %q, want %s", c.box, of.Seq, got, why, want)
			}
		}
	}
}

func TestGivingUpKeepsCountInTheMetadata(t *testing.T) {
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device()}
	r, err := delivery.GiveUp(by, ben.Authority(), guard.Mark{Context: adaBen, Number: 7, Place: fact.Place{Seq: 7}}, strings.Repeat("é", 300))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Metadata) != 1 || r.Metadata[0].Key != delivery.FailedKey(adaBen, ben.Authority()) {
		t.Fatalf("the metadata is %v", r.Metadata)
	}
	if seq, err := delivery.ParseNumber(r.Metadata[0].Value); err != nil || seq != 7 {
		t.Errorf("counted %d, %v", seq, err)
	}
	draft := ada.Drafted(r.Entries[0], 1, 1)
	foldtest.Checked(t, delivery.Module(), draft, acked(t, 1, adaBen, 1))
}

func FuzzChecksAndFold(f *testing.F) {
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		foldtest.Survives(t, delivery.Module(), delivery.NewState(foldtest.NewPerson(1).Authority()), payload)
	})
}

func newState() *delivery.State { return delivery.NewState(ada.Authority()) }

func TestASavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(f *rapid.T) { foldtest.Restorable(f, records(t, f), newState) })
}

func TestVersionOfTheState(t *testing.T) {
	foldtest.Versioned(t, *update, rapid.Custom(func(f *rapid.T) []fact.Record { return records(t, f) }), newState)
}
