package chat_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
)

// naming is an owner whose conversations begin, and are called something, in a random order.
type naming struct {
	t      *rapid.T
	tb     testing.TB
	house  *house
	facts  []fact.Record
	clock  aura.Logical
	people []foldtest.Person
	shown  map[aura.ContextID]string // the labels as they were shown last
}

func newNaming(t *rapid.T, tb testing.TB) *naming {
	n := &naming{t: t, tb: tb, shown: map[aura.ContextID]string{}, house: &house{
		chats: chat.NewState(ada.Authority(), chat.Keep{}),
		set:   chat.Setting{Contacts: &contact.State{}, Moderation: &moderation.State{}},
	}}
	n.take(ada.Own(tb, n.next(), contact.KindSelf, contact.Self{Name: "Ada"}))
	return n
}

func (n *naming) next() aura.Logical { n.clock++; return n.clock }

func (n *naming) take(records ...fact.Record) {
	n.facts = append(n.facts, records...)
	n.house.apply(records...)
}

// called draws the own name of a contact, from few names and bad ones.
func (n *naming) called() string {
	return rapid.SampledFrom([]string{
		"Ben", "BEN", "Ben 2", "Friends", "friends", "Ada", "you", "auth_aaaa", "B\u0435n", "\u3164", "Zoe\u0308", "Zo\u00eb",
	}).Draw(n.t, "called")
}

// begin appends the fact that begins a conversation and the one that keeps its label, as services do.
func (n *naming) begin(first fact.Record, who chat.Newcomer) {
	label, err := n.house.chats.Label(n.house.set, caller(ada), who)
	if err != nil {
		n.t.Fatal(err)
	}
	at := n.next()
	n.take(first, ada.Drafted(label, at, uint64(at)))
}

// meet adds a contact.
func (n *naming) meet() {
	p := foldtest.NewPerson(byte(10 + len(n.people)))
	n.people = append(n.people, p)
	name, context := n.called(), pairOf(len(n.people))
	n.begin(ada.Own(n.tb, n.next(), contact.KindAdded, contact.Added{
		Context: context, Authority: p.Authority(), Certificate: p.Certificate.Encode(), Name: name,
	}), chat.Newcomer{Context: context, Authority: p.Authority(), Name: name})
}

func pairOf(n int) aura.ContextID { return aura.ContextID{0: 7, 31: byte(n)} }

// group founds a group with a contact and with a stranger, or joins one that a contact founded.
func (n *naming) group() {
	if len(n.people) == 0 {
		return
	}
	at := rapid.IntRange(0, len(n.people)-1).Draw(n.t, "with")
	with, stranger := n.people[at], foldtest.NewPerson(byte(200+len(n.facts)%50))
	member := func(p foldtest.Person, name string, role chat.Role) chat.Member {
		return chat.Member{Authority: p.Authority(), Certificate: p.Certificate.Encode(), Name: name, Role: role}
	}
	joins := rapid.Bool().Draw(n.t, "joins")
	roles := map[bool][2]chat.Role{false: {chat.RoleFounder, chat.RoleOrdinary}, true: {chat.RoleOrdinary, chat.RoleFounder}}[joins]
	g := chat.Group{Name: n.called(), Nonce: aura.Nonce{byte(len(n.facts))}, Members: []chat.Member{
		member(ada, "Ada", roles[0]), member(with, n.called(), roles[1]), member(stranger, n.called(), chat.RoleOrdinary),
	}}
	slices.SortFunc(g.Members, func(a, b chat.Member) int { return a.Authority.Compare(b.Authority) })
	context, err := g.Context()
	if err != nil {
		n.t.Fatal(err)
	}
	newcomer := chat.Newcomer{Context: context, Name: g.Name}
	if !joins {
		n.begin(ada.Own(n.tb, n.next(), chat.KindCreated, g), newcomer)
		return
	}
	seq := n.next()
	n.take(with.Shared(n.tb, pairOf(at+1), seq, uint64(seq), chat.KindInvited, chat.Invited{Group: g}))
	n.begin(ada.Own(n.tb, n.next(), chat.KindJoined, chat.Joined{Context: context}), newcomer)
}

// peer lets a contact call itself something else.
func (n *naming) peer() {
	if len(n.people) == 0 {
		return
	}
	at := rapid.IntRange(0, len(n.people)-1).Draw(n.t, "peer")
	seq := n.next()
	n.take(n.people[at].Shared(n.tb, pairOf(at+1), seq, uint64(seq), contact.KindProfile, contact.Profile{Name: n.called()}))
}

// rename lets the owner call one conversation something else.
func (n *naming) rename() {
	threads := n.house.chats.Threads(n.house.set)
	if len(threads) == 0 {
		return
	}
	slices.SortFunc(threads, func(a, b chat.Thread) int { return a.Context.Compare(b.Context) })
	of := threads[rapid.IntRange(0, len(threads)-1).Draw(n.t, "of")]
	name := rapid.SampledFrom([]string{"", "Ben", "Club", "Friends 2", "auth_x", "Ada"}).Draw(n.t, "name")
	r, err := chat.Rename(n.house.chats, n.house.set, caller(ada), contact.RenameIntent{
		Contact: n.house.named(of.Context), Name: name,
	})
	if err != nil {
		return // refused: nothing changes
	}
	at := n.next()
	n.take(ada.Drafted(r.Entries[0], at, uint64(at)))
	delete(n.shown, of.Context)
}

// look compares the labels with those at the last call, and resolves each conversation by its label.
func (n *naming) look() {
	keys := map[string]bool{contact.Folded("Ada"): true, contact.You: true}
	for _, th := range n.house.chats.Threads(n.house.set) {
		if before, ok := n.shown[th.Context]; ok && before != th.Name {
			n.t.Fatalf("%q is called %q now, and its owner did not say so", before, th.Name)
		}
		n.shown[th.Context] = th.Name
		if key := contact.Folded(th.Name); keys[key] {
			n.t.Fatalf("%q is shown twice", th.Name)
		} else {
			keys[key] = true
		}
		if parsed, err := contact.ParseName(th.Name); err != nil || parsed != th.Name {
			n.t.Fatalf("%q is shown: %v", th.Name, err)
		}
		if ref, err := n.house.chats.Resolve(n.house.set, th.Name); err != nil || ref.Context != th.Context {
			n.t.Fatalf("%q resolves to %v, %v", th.Name, ref, err)
		}
	}
}

// TestALabelStaysWithItsConversation: with any names that peers and groups give themselves, early or late, the label
// that the owner was shown once stays until the owner changes it, belongs to one conversation, and finds that one.
func TestALabelStaysWithItsConversation(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := newNaming(rt, t)
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 4), 1, 16).Draw(rt, "steps") {
			[]func(){n.meet, n.meet, n.group, n.peer, n.rename}[step]()
			n.look()
		}
		other := &naming{t: rt, tb: t, shown: n.shown, house: &house{
			chats: chat.NewState(ada.Authority(), chat.Keep{}),
			set:   chat.Setting{Contacts: &contact.State{}, Moderation: &moderation.State{}},
		}}
		other.house.apply(rapid.Permutation(n.facts).Draw(rt, "order")...)
		other.look()
		if len(other.house.chats.Unlabelled(other.house.set)) > 0 {
			rt.Fatal("a label is not kept")
		}
	})
}

func TestANewcomerGivesWay(t *testing.T) {
	h := newHouse(t)
	founded(t, h, "Friends")
	dan := foldtest.NewPerson(9)
	for name, want := range map[string]string{
		"Dan": "Dan", "ben": "ben 2", "friends": "friends 2", "Ada": "Ada 2", "Cl\u0435o": "contact " + aura.Short(dan.Authority()),
		"\u3164": "contact " + aura.Short(dan.Authority()), "You": "contact " + aura.Short(dan.Authority()),
		"auth_x": "contact " + aura.Short(dan.Authority()), aura.Short(ben.Authority()): aura.Short(ben.Authority()) + " 2",
	} {
		d, err := h.chats.Label(h.set, caller(ada), chat.Newcomer{Context: aura.ContextID{9}, Authority: dan.Authority(), Name: name})
		var got contact.Renamed
		if err == nil {
			err = fact.Unmarshal(d.Payload, &got)
		}
		if err != nil || got != (contact.Renamed{Context: aura.ContextID{9}, Name: want}) {
			t.Errorf("%q is kept as %q, %v", name, got.Name, err)
		}
	}
}

func TestLabelsOfEarlierBuildsAreKept(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Ben")
	all := h.chats.Unlabelled(h.set)
	var names []string
	for i, n := range all {
		d, err := contact.Label(caller(ada), n.Context, n.Name)
		if err != nil {
			t.Fatal(err)
		}
		h.apply(ada.Drafted(d, aura.Logical(50+i), uint64(50+i)))
		names = append(names, n.Name)
	}
	if diff := cmp.Diff([]string{"Ben", "Cleo", "Ben 2"}, names); diff != "" {
		t.Fatal(diff)
	}
	if rest := h.chats.Unlabelled(h.set); len(rest) != 0 {
		t.Fatalf("not kept: %v", rest)
	}
	// The first Ben goes by another name: the group does not inherit it.
	r, err := chat.Rename(h.chats, h.set, caller(ada), contact.RenameIntent{Contact: h.named(adaBen), Name: "Benjamin"})
	if err != nil {
		t.Fatal(err)
	}
	h.apply(ada.Drafted(r.Entries[0], 60, 60))
	if th, err := h.chats.Thread(h.set, group); err != nil || th.Name != "Ben 2" {
		t.Fatalf("the group is called %q, %v", th.Name, err)
	}
}

// named returns the reference by which a conversation is renamed.
func (h *house) named(context aura.ContextID) contact.Ref {
	if c, ok := h.set.Contacts.ByContext(context); ok {
		return c.Ref
	}
	return contact.Ref{Context: context, Epoch: max(1, h.ref(context).Epoch)}
}

func TestRenamingIsRefusedForWhatDeceives(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Friends")
	rename := func(context aura.ContextID, name string) error {
		_, err := chat.Rename(h.chats, h.set, caller(ada), contact.RenameIntent{Contact: h.named(context), Name: name})
		return err
	}
	for name, want := range map[string]aura.Kind{
		"CLEO": aura.Conflict, "friends": aura.Conflict, "ada": aura.Conflict, "you": aura.Invalid, "ctx_1": aura.Invalid,
		"B\u0435n": aura.Invalid, "\u2800": aura.Invalid, "Brother": 0, "": 0, "ben": 0,
	} {
		if err := rename(adaBen, name); aura.KindOf(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := rename(group, "Club"); err != nil {
		t.Errorf("a group: %v", err)
	}
	if err := rename(aura.ContextID{99}, "Club"); !errors.Is(err, aura.NotFound) {
		t.Errorf("nothing: %v", err)
	}
}
