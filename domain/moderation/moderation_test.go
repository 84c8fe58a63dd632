package moderation_test

import (
	"encoding/json"
	"errors"
	"flag"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada   = foldtest.NewPerson(1)
	ben   = foldtest.NewPerson(2)
	group = aura.ContextID{7}

	aboutBen   = moderation.Target{Authority: ben.Authority()}
	aboutGroup = moderation.Target{Context: group}
)

func folded(records ...fact.Record) *moderation.State {
	s := &moderation.State{}
	for i := range records {
		s.Apply(&records[i])
	}
	return s
}

func TestBlockedIsRefusedAndHidden(t *testing.T) {
	s := folded(ada.Own(t, 1, moderation.KindBlocked, aboutBen))
	if got := s.Arrival(ben.Authority()); got != moderation.ArrivalRefused {
		t.Errorf("arrival is %d", got)
	}
	if got := s.Display(group, ben.Authority()); got != moderation.DisplayHidden {
		t.Errorf("display is %d", got)
	}
	if got := s.Arrival(ada.Authority()); got != moderation.ArrivalAccepted {
		t.Errorf("the arrival of another person's fact is %d", got)
	}
}

func TestMutedIsKeptWithoutNotice(t *testing.T) {
	for name, target := range map[string]moderation.Target{"person": aboutBen, "group": aboutGroup} {
		s := folded(ada.Own(t, 1, moderation.KindMuted, target))
		if got := s.Arrival(ben.Authority()); got != moderation.ArrivalAccepted {
			t.Errorf("%s: arrival is %d", name, got)
		}
		if got := s.Display(group, ben.Authority()); got != moderation.DisplayQuiet {
			t.Errorf("%s: display is %d", name, got)
		}
	}
}

func TestTheLaterDecisionHolds(t *testing.T) {
	s := folded(
		ada.Own(t, 3, moderation.KindUnblocked, aboutBen),
		ada.Own(t, 2, moderation.KindBlocked, aboutBen),
	)
	if got := s.Display(group, ben.Authority()); got != moderation.DisplayShown {
		t.Errorf("display is %d", got)
	}
}

func TestPeerCannotModerate(t *testing.T) {
	r := ben.Shared(t, group, 1, 1, moderation.KindBlocked, moderation.Target{Authority: ada.Authority()})
	if s := folded(r); s.Arrival(ada.Authority()) != moderation.ArrivalAccepted {
		t.Error("a fact in a shared context took effect")
	}
	if err := moderation.Module().Kinds[0].Check(&r.Fact); !errors.Is(err, aura.Invalid) {
		t.Errorf("the check says %v", err)
	}
}

func TestEveryFactIsCheckedWhereItLies(t *testing.T) {
	foldtest.Checked(t, moderation.Module(),
		ada.Own(t, 1, moderation.KindMuted, aboutGroup), ada.Own(t, 1, moderation.KindUnmuted, aboutBen),
		ada.Own(t, 1, moderation.KindBlocked, aboutBen),
		ada.Own(t, 1, moderation.KindUnblocked, moderation.Unblocked{Authority: ben.Authority()}),
	)
}

func TestHandlersRefuseWhatMakesNoSense(t *testing.T) {
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device()}
	for name, c := range map[string]error{
		"block a group":            second(moderation.Block(by, aboutGroup)),
		"block oneself":            second(moderation.Block(by, moderation.Target{Authority: ada.Authority()})),
		"mute without a target":    second(moderation.Mute(by, moderation.Target{})),
		"unmute both":              second(moderation.Unmute(by, moderation.Target{Authority: ben.Authority(), Context: group})),
		"unblock without a target": second(moderation.Unblock(&moderation.State{}, by, aura.AuthorityID{}, false, nil)),
	} {
		if !errors.Is(c, aura.Invalid) {
			t.Errorf("%s: %v", name, c)
		}
	}
	r, err := moderation.Mute(by, aboutGroup)
	if err != nil || r.Capability != moderation.CapModerate || len(r.Sends) != 0 {
		t.Errorf("muting a group plans %+v, %v", r, err)
	}
	got := folded(ada.Drafted(r.Entries[0], 1, 1)).View()
	if diff := cmp.Diff(moderation.Moderation{Muted: []moderation.Target{aboutGroup}, Blocked: []moderation.Target{}}, got); diff != "" {
		t.Error(diff)
	}
}

func second[T any](_ T, err error) error { return err }

func records(t *testing.T) *rapid.Generator[[]fact.Record] {
	kinds := []string{moderation.KindMuted, moderation.KindUnmuted, moderation.KindBlocked, moderation.KindUnblocked}
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) fact.Record {
		if rapid.Bool().Draw(rt, "unblocked") {
			return ada.Own(t, aura.Logical(rapid.Uint64Range(1, 6).Draw(rt, "at")), moderation.KindUnblocked, moderation.Unblocked{
				Authority: ben.Authority(), Until: aura.Instant(rapid.Int64Range(0, 3).Draw(rt, "until")),
				Seen: []moderation.Seen{{Context: group, Device: ben.Device(), Through: rapid.Uint64Range(0, 3).Draw(rt, "seen")}},
			})
		}
		return ada.Own(t,
			aura.Logical(rapid.Uint64Range(1, 6).Draw(rt, "logical")),
			rapid.SampledFrom(kinds).Draw(rt, "kind"),
			rapid.SampledFrom([]moderation.Target{aboutBen, aboutGroup}).Draw(rt, "target"))
	}), 1, 12)
}

func newState() *moderation.State { return &moderation.State{} }

func TestSavedStateIsRestored(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, records(t).Draw(rt, "records"), newState) })
}

func TestVersionOfTheState(t *testing.T) { foldtest.Versioned(t, *update, records(t), newState) }

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		foldtest.OrderInsensitive(rt, records(t).Draw(rt, "records"), newState)
	})
}

func TestViewAsJSON(t *testing.T) {
	s := folded(ada.Own(t, 1, moderation.KindBlocked, aboutBen), ada.Own(t, 2, moderation.KindMuted, aboutGroup))
	got, err := json.MarshalIndent(s.View(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	foldtest.Golden(t, *update, append(got, '\n'))
}

func FuzzPayloads(f *testing.F) {
	f.Add(ada.Own(f, 1, moderation.KindBlocked, aboutBen).Fact.Payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		foldtest.Survives(t, moderation.Module(), &moderation.State{}, payload)
	})
}

// A person who is not blocked cannot be unblocked: messages under way from it would be dropped.
func TestUnblockNeedsABlock(t *testing.T) {
	by := domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Now: aura.Physical{At: 100}}
	for name, s := range map[string]*moderation.State{
		"never blocked": {},
		"not any more": folded(ada.Own(t, 1, moderation.KindBlocked, aboutBen),
			ada.Own(t, 2, moderation.KindUnblocked, moderation.Unblocked{Authority: ben.Authority()})),
	} {
		if r, err := moderation.Unblock(s, by, ben.Authority(), true, nil); !errors.Is(err, aura.Conflict) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestWhatIsDroppedStaysDropped: of the messages that a person wrote before the owner unblocked it, only those that
// were here before are shown; later ones are.
func TestWhatIsDroppedStaysDropped(t *testing.T) {
	device := ben.Device()
	blocked := folded(ada.Own(t, 1, moderation.KindBlocked, aboutBen))
	r, err := moderation.Unblock(blocked, domain.Caller{Authority: ada.Authority(), Device: ada.Device(), Now: aura.Physical{At: 100}},
		ben.Authority(), true,
		[]moderation.Seen{{Context: group, Device: device, Through: 5}})
	if err != nil {
		t.Fatal(err)
	}
	s := folded(ada.Own(t, 1, moderation.KindBlocked, aboutBen), ada.Drafted(r.Entries[0], 2, 2))
	if s.Arrival(ben.Authority()) != moderation.ArrivalAccepted {
		t.Error("the person is still blocked")
	}
	other := aura.ContextID{8}
	for _, c := range []struct {
		context aura.ContextID
		seq     uint64
		at      aura.Instant
		dropped bool
	}{
		{group, 5, 50, false}, {group, 6, 50, true}, {group, 6, 99, true}, {group, 6, 100, false}, {group, 9, 200, false},
		{other, 1, 50, true}, {other, 1, 100, false},
	} {
		at := moderation.Seen{Context: c.context, Device: device, Through: c.seq}
		if got := s.Dropped(ben.Authority(), at, c.at); got != c.dropped {
			t.Errorf("%+v: %t", c, got)
		}
		if s.Dropped(ada.Authority(), at, c.at) {
			t.Errorf("%+v: of another person", c)
		}
	}
	// A later unblocking that shows takes nothing back.
	later := ada.Own(t, 4, moderation.KindUnblocked, moderation.Unblocked{Authority: ben.Authority()})
	s.Apply(&later)
	if !s.Dropped(ben.Authority(), moderation.Seen{Context: group, Device: device, Through: 6}, 50) {
		t.Error("it is shown after all")
	}
}
