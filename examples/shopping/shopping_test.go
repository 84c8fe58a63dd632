package shopping_test

import (
	"flag"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/fact"

	"example.org/shopping"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada  = foldtest.NewPerson(1)
	ben  = foldtest.NewPerson(2)
	talk = aura.ContextID{7}
)

// facts draws what two people do with one list. Some purchases are of items that are not there.
func facts(t *testing.T) *rapid.Generator[[]fact.Record] {
	one := rapid.Custom(func(rt *rapid.T) fact.Record {
		who := rapid.SampledFrom([]foldtest.Person{ada, ben}).Draw(rt, "who")
		at := aura.Logical(rapid.IntRange(1, 9).Draw(rt, "at"))
		name := rapid.SampledFrom([]string{"milk", "bread", "tea"}).Draw(rt, "name")
		item := who.Shared(t, talk, at, uint64(at), shopping.KindItem, shopping.Item{Name: name})
		if rapid.Bool().Draw(rt, "bought") {
			return ben.Shared(t, talk, at+10, uint64(at), shopping.KindBought, shopping.Bought{Item: item.ID})
		}
		return item
	})
	return rapid.SliceOfN(one, 1, 20)
}

func newState() *shopping.State { return &shopping.State{} }

func TestEveryOrderGivesTheSameList(t *testing.T) {
	all := facts(t)
	rapid.Check(t, func(rt *rapid.T) { foldtest.OrderInsensitive(rt, all.Draw(rt, "facts"), newState) })
}

func TestASavedListIsRestored(t *testing.T) {
	all := facts(t)
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, all.Draw(rt, "facts"), newState) })
}

func TestVersionOfTheLists(t *testing.T) { foldtest.Versioned(t, *update, facts(t), newState) }

func TestEveryFactIsChecked(t *testing.T) {
	item := ada.Shared(t, talk, 1, 1, shopping.KindItem, shopping.Item{Name: "milk"})
	foldtest.Checked(t, shopping.Module(), item, ben.Shared(t, talk, 2, 1, shopping.KindBought, shopping.Bought{Item: item.ID}))
}

func TestANameThatSteersATerminalIsRefused(t *testing.T) {
	check := shopping.Module().Kinds[0].Check
	for _, name := range []string{"evil\x1b[2J", "two\nlines", "\u202eltr", " ", strings.Repeat("x", shopping.MaxName+1)} {
		r := ada.Shared(t, talk, 1, 1, shopping.KindItem, shopping.Item{Name: name})
		if err := check(&r.Fact); aura.KindOf(err) != aura.Invalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestBoughtItemsAreGone(t *testing.T) {
	s := newState()
	milk := ada.Shared(t, talk, 1, 1, shopping.KindItem, shopping.Item{Name: "milk"})
	tea := ada.Shared(t, talk, 2, 2, shopping.KindItem, shopping.Item{Name: "tea"})
	gone := ben.Shared(t, talk, 3, 1, shopping.KindBought, shopping.Bought{Item: milk.ID})
	for _, r := range []fact.Record{gone, tea, milk} {
		s.Apply(&r)
	}
	if open := s.List(talk).Open; len(open) != 1 || open[0].Name != "tea" || open[0].By != ada.Authority() {
		t.Errorf("the list is %+v", open)
	}
}
