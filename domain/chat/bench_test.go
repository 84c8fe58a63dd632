package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
)

// full is a house with a conversation of 1,000 messages.
func full(b *testing.B) *house {
	h := newHouse(b)
	for i := range uint64(1000) {
		h.apply(ben.Shared(b, adaBen, aura.Logical(10+i), 1+i, chat.KindMessage, text("the quick brown fox jumps over the lazy dog")))
	}
	b.ReportAllocs()
	b.ResetTimer()
	return h
}

func BenchmarkSend(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(adaBen), Text: "hi"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	h := full(b)
	r := ben.Shared(b, adaBen, 2000, 2000, chat.KindMessage, text("the quick brown fox jumps over the lazy dog"))
	for b.Loop() {
		next := r
		r.Fact.Logical++
		next.Fact.Logical = r.Fact.Logical
		next.ID = aura.FactID{byte(next.Fact.Logical), byte(next.Fact.Logical >> 8)}
		h.chats.Apply(&next)
	}
}

func BenchmarkLastTwenty(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if m, _ := h.chats.Messages(h.set, adaBen, 20); len(m) != 20 {
			b.Fatal("not twenty")
		}
	}
}

func BenchmarkThreads(b *testing.B) {
	h := full(b)
	for b.Loop() {
		if len(h.chats.Threads(h.set)) != 2 {
			b.Fatal("not two")
		}
	}
}

// crowd is a house with as many contacts and groups, of which each has so many members, and one of the groups.
func crowd(t testing.TB, contacts, groups, members int) (*house, aura.ContextID) {
	t.Helper()
	h := newHouse(t)
	var people []foldtest.Person
	for i := range contacts {
		p := foldtest.NewPerson(byte(10 + i))
		people = append(people, p)
		h.apply(ada.Own(t, aura.Logical(10+i), contact.KindAdded, contact.Added{
			Context: aura.ContextID{0: 1, 1: byte(i)}, Authority: p.Authority(), Certificate: p.Certificate.Encode(), Name: fmt.Sprint("Person ", i),
		}))
	}
	var last aura.ContextID
	for i := range groups {
		g := chat.Group{Name: "friends", Nonce: aura.Nonce{byte(i)}, Members: []chat.Member{{
			Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada", Role: chat.RoleFounder,
		}}}
		for j := range members - 1 {
			p := people[(i+j)%len(people)]
			g.Members = append(g.Members, chat.Member{Authority: p.Authority(), Certificate: p.Certificate.Encode(), Name: "Member", Role: chat.RoleOrdinary})
		}
		slices.SortFunc(g.Members, func(a, b chat.Member) int { return a.Authority.Compare(b.Authority) })
		h.apply(ada.Own(t, aura.Logical(1000+i), chat.KindCreated, g))
		var err error
		if last, err = g.Context(); err != nil {
			t.Fatal(err)
		}
	}
	return h, last
}

// TestPlanningInAGroupCostsThatGroupAlone: not the other groups, nor the contacts. It counts allocations, which a
// busy machine does not change.
func TestPlanningInAGroupCostsThatGroupAlone(t *testing.T) {
	cost := func(contacts, groups int) float64 {
		h, group := crowd(t, contacts, groups, 8)
		to := h.ref(group)
		return testing.AllocsPerRun(20, func() {
			// A fact about a message of another conversation in between must not make all groups be computed again.
			if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: to, Text: "hi"}); err != nil {
				t.Fatal(err)
			}
			h.apply(ben.Shared(t, adaBen, 5000, 1, chat.KindMessage, text("meanwhile")))
			if _, ok := h.chats.Membership(group); !ok {
				t.Fatal("no group")
			}
		})
	}
	few, many := cost(10, 1), cost(200, 50)
	if many > few+2 {
		t.Errorf("planning takes %.0f allocations with 10 contacts and one group, %.0f with 200 and 50", few, many)
	}
}

func BenchmarkSendInAGroup(b *testing.B) {
	for _, size := range []struct{ contacts, groups, members int }{{10, 1, 8}, {200, 50, 32}} {
		b.Run(fmt.Sprintf("contacts=%d/groups=%d/members=%d", size.contacts, size.groups, size.members), func(b *testing.B) {
			h, group := crowd(b, size.contacts, size.groups, size.members)
			to := h.ref(group)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: to, Text: "hi"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
