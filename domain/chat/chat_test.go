package chat_test

import (
	"encoding/json"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/foldtest"
	"github.com/aura-runtime/aura/domain/moderation"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var (
	ada     = foldtest.NewPerson(1)
	ben     = foldtest.NewPerson(2)
	cleo    = foldtest.NewPerson(3)
	adaBen  = aura.ContextID{2}
	adaCleo = aura.ContextID{3}
	noon    = aura.Instant(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixNano())
)

// house is what Ada's frontend knows.
type house struct {
	chats *chat.State
	set   chat.Setting
}

func newHouse(t testing.TB) *house {
	h := &house{
		chats: chat.NewState(ada.Authority(), chat.Keep{}),
		set:   chat.Setting{Contacts: &contact.State{}, Moderation: &moderation.State{}, Delivery: delivery.NewState(ada.Authority())},
	}
	h.apply(
		ada.Own(t, 1, contact.KindSelf, contact.Self{Name: "Ada"}),
		ada.Own(t, 2, contact.KindAdded, contact.Added{
			Context: adaBen, Authority: ben.Authority(), Certificate: ben.Certificate.Encode(), Name: "Ben",
		}),
		ada.Own(t, 3, contact.KindAdded, contact.Added{
			Context: adaCleo, Authority: cleo.Authority(), Certificate: cleo.Certificate.Encode(), Name: "Cleo",
		}),
	)
	return h
}

func (h *house) apply(records ...fact.Record) {
	for i := range records {
		h.chats.Apply(&records[i])
		h.set.Contacts.Apply(&records[i])
		h.set.Moderation.Apply(&records[i])
		if h.set.Delivery != nil {
			h.set.Delivery.Apply(&records[i])
		}
	}
}

func (h *house) outbox(t testing.TB, context aura.ContextID, peer foldtest.Person, box delivery.Outbox) {
	payload, err := fact.Marshal(box)
	if err != nil {
		t.Fatal(err)
	}
	ob := fact.Observation{Kind: delivery.ObservedOutbox, Key: delivery.OutboxKey(context, peer.Authority(), peer.Device()), Payload: payload}
	if !h.set.Delivery.Observe(ob) {
		t.Fatal("the observation was not taken")
	}
}

func (h *house) texts(context aura.ContextID) []string {
	messages, _ := h.chats.Messages(h.set, context, 0)
	var texts []string
	for _, m := range messages {
		texts = append(texts, m.From+": "+m.Text)
	}
	return texts
}

func caller(p foldtest.Person) domain.Caller {
	return domain.Caller{Authority: p.Authority(), Device: p.Device(), Operation: aura.OperationID{9}, Now: aura.Physical{At: noon}}
}

func text(s string) chat.Text { return chat.Text{Text: s, At: noon} }

func TestMessagesAreInCausalOrder(t *testing.T) {
	h := newHouse(t)
	h.apply(
		ben.Shared(t, adaBen, 12, 2, chat.KindMessage, text("third")),
		ada.Shared(t, adaBen, 11, 1, chat.KindMessage, text("second")),
		ben.Shared(t, adaBen, 10, 1, chat.KindMessage, text("first")),
	)
	if diff := cmp.Diff([]string{"Ben: first", "Ada: second", "Ben: third"}, h.texts(adaBen)); diff != "" {
		t.Fatal(diff)
	}
	last, more := h.chats.Messages(h.set, adaBen, 1)
	if len(last) != 1 || last[0].Text != "third" || !more {
		t.Fatalf("the last one is %+v, more %t", last, more)
	}
}

func TestDeliveryNeverClaimsMoreThanIsKnown(t *testing.T) {
	h := newHouse(t)
	h.apply(ada.Shared(t, adaBen, 10, 5, chat.KindMessage, text("hi")))
	state := func() string {
		m, _ := h.chats.Messages(h.set, adaBen, 0)
		return strings.TrimSuffix(m[0].State.String()+" "+m[0].Reason, " ")
	}
	expect := func(want string) {
		t.Helper()
		if got := state(); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	expect("waiting agent is starting")
	h.outbox(t, adaBen, ben, delivery.Outbox{})
	expect("waiting not yet allowed to leave")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 4, Reason: "the budget of this hour is spent"})
	expect("waiting the budget of this hour is spent")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 5})
	expect("sending")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 5, Sent: 5})
	expect("sent")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 5, Sent: 5, Acked: 4})
	expect("sent")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 5, Acked: 5, Reason: "peer is not reachable"})
	expect("delivered")
	h.outbox(t, adaBen, ben, delivery.Outbox{Charged: 5, Sent: 5})
	h.apply(ada.Own(t, 20, delivery.KindFailed, delivery.Failed{Context: adaBen, Peer: ben.Authority(), Through: 5, Reason: "gone for 90 days"}))
	expect("failed gone for 90 days")
	acked := func(at aura.Logical, through uint64) {
		h.apply(ada.Own(t, at, delivery.KindAcked, delivery.Acked{Context: adaBen, Peer: ben.Authority(), Device: ben.Device(), Through: through}))
	}
	acked(21, 4)
	expect("failed gone for 90 days")
	acked(22, 5)
	expect("delivered")
	h.apply(ben.Shared(t, adaBen, 23, 1, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: ada.Device(), Through: 5}}}))
	expect("read")

	if h.set.Delivery.Observe(fact.Observation{Kind: delivery.ObservedOutbox, Key: "nonsense"}) {
		t.Error("an observation with a bad key was taken")
	}
}

func TestNobodyElseCanConfirmADelivery(t *testing.T) {
	h := newHouse(t)
	forged := ben.Own(t, 20, delivery.KindAcked, delivery.Acked{Context: adaBen, Peer: ben.Authority(), Through: 99})
	shared := ben.Shared(t, adaBen, 21, 1, delivery.KindAcked, delivery.Acked{Context: adaBen, Peer: ben.Authority(), Through: 99})
	reader := cleo.Shared(t, adaBen, 22, 1, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: ada.Device(), Through: 99}}})
	h.apply(ada.Shared(t, adaBen, 10, 5, chat.KindMessage, text("hi")), forged, shared, reader)
	if m, _ := h.chats.Messages(h.set, adaBen, 0); m[0].State != delivery.ProgressWaiting {
		t.Fatalf("the message is %s", m[0].State)
	}
}

// TestReadsBackToTheLastMessageThatWasRead: one message that was read is enough, and the owner's own do not count.
func TestReadsBackToTheLastMessageThatWasRead(t *testing.T) {
	h := newHouse(t)
	h.apply(ada.Shared(t, adaBen, 9, 1, chat.KindMessage, text("mine")), ben.Shared(t, adaBen, 10, 1, chat.KindMessage, text("one")))
	if h.chats.ReadsBack(adaBen) {
		t.Error("nothing was read yet")
	}
	mark := chat.Read{Marks: []chat.Mark{{Device: ben.Device(), Through: 1}}}
	h.apply(ada.Shared(t, adaBen, 11, 2, chat.KindRead, mark))
	if !h.chats.ReadsBack(adaBen) {
		t.Error("the only message was read")
	}
}

// places is a home that knows the newest facts of some devices, and no metadata.
type places map[aura.DeviceID]guard.Mark

func (p places) Newest(_ aura.ContextID, device aura.DeviceID) (guard.Mark, error) {
	if m, ok := p[device]; ok {
		return m, nil
	}
	return guard.Mark{}, &aura.Error{Op: "chat_test.Newest", Kind: aura.Conflict, Err: &guard.MovedError{}}
}

func (places) Heads(fact.Namespace, aura.DeviceID) ([]fact.Place, error) { return nil, nil }

func (p places) Meta(string) ([]byte, error) { return nil, nil }

func TestUnreadCountsUntilMarked(t *testing.T) {
	h := newHouse(t)
	h.apply(
		ben.Shared(t, adaBen, 10, 1, chat.KindMessage, text("one")),
		ben.Shared(t, adaBen, 11, 2, chat.KindMessage, text("two")),
	)
	thread, err := h.chats.Thread(h.set, adaBen)
	if err != nil || thread.Unread != 2 {
		t.Fatalf("%d unread, %v", thread.Unread, err)
	}
	newest := places{ben.Device(): {Context: adaBen, Device: ben.Device(), Number: 2, Place: fact.Place{Seq: 2}}}
	r, needed, err := chat.MarkRead(h.chats, h.set, newest, caller(ada), chat.ReadIntent{In: h.ref(adaBen)})
	if err != nil || !needed {
		t.Fatalf("needed %t, %v", needed, err)
	}
	// A branch that comes before the commit must not count as read.
	if want := []guard.Mark{newest[ben.Device()]}; !slices.Equal(r.Marks, want) {
		t.Errorf("the commit checks %+v, want %+v", r.Marks, want)
	}
	if _, _, err := chat.MarkRead(h.chats, h.set, places{}, caller(ada), chat.ReadIntent{In: h.ref(adaBen)}); !errors.Is(err, aura.Conflict) {
		t.Errorf("a home that could not say what is here: %v", err)
	}
	h.apply(ada.Drafted(r.Entries[0], 12, 1))
	if thread, _ = h.chats.Thread(h.set, adaBen); thread.Unread != 0 {
		t.Fatalf("%d unread after reading", thread.Unread)
	}
	if _, needed, err = chat.MarkRead(h.chats, h.set, newest, caller(ada), chat.ReadIntent{In: h.ref(adaBen)}); needed || err != nil {
		t.Fatalf("a second mark: needed %t, %v", needed, err)
	}
}

func TestBlockedIsHiddenAndMutedIsQuiet(t *testing.T) {
	h := newHouse(t)
	h.apply(
		ben.Shared(t, adaBen, 10, 1, chat.KindMessage, text("hello")),
		ada.Own(t, 11, moderation.KindMuted, moderation.Target{Authority: ben.Authority()}),
	)
	m, _ := h.chats.Messages(h.set, adaBen, 0)
	if len(m) != 1 || !m[0].Quiet {
		t.Fatalf("muted: %+v", m)
	}
	h.apply(ada.Own(t, 12, moderation.KindBlocked, moderation.Target{Authority: ben.Authority()}))
	if m, _ := h.chats.Messages(h.set, adaBen, 0); len(m) != 0 {
		t.Fatalf("blocked: %+v", m)
	}
	for _, thread := range h.chats.Threads(h.set) {
		if thread.Context == adaBen {
			t.Fatal("the thread of a blocked contact is listed")
		}
	}
	_, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(adaBen), Text: "x"})
	if !errors.Is(err, aura.Denied) {
		t.Fatalf("sending to a blocked contact: %v", err)
	}
}

// ref returns the reference to a conversation.
func (h *house) ref(context aura.ContextID) chat.Ref {
	thread, _ := h.chats.Thread(h.set, context)
	return thread.Ref
}

// TestAReferenceHoldsForItsOwnRelation: one of another epoch is stale, one without is no reference, and every
// intent says so.
func TestAReferenceHoldsForItsOwnRelation(t *testing.T) {
	h := newHouse(t)
	current := h.ref(adaBen)
	if current.Epoch == 0 {
		t.Fatal("the reference carries no epoch")
	}
	older, bare, other := current, current, current
	older.Epoch--
	bare.Epoch = 0
	other.Group = true
	unknown := chat.Ref{Context: aura.ContextID{99}, Epoch: 1}
	for name, c := range map[string]struct {
		ref  chat.Ref
		want error
	}{
		"an earlier relation": {older, aura.Stale}, "without an epoch": {bare, aura.Invalid},
		"a group that is a contact": {other, aura.Stale}, "nobody": {unknown, aura.NotFound},
	} {
		_, send := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: c.ref, Text: "x"})
		_, _, read := chat.MarkRead(h.chats, h.set, places{}, caller(ada), chat.ReadIntent{In: c.ref})
		_, leave := chat.Leave(h.chats, h.set, caller(ada), chat.LeaveIntent{Group: c.ref})
		in := moderation.ChangeIntent{Group: c.ref.Context, Epoch: c.ref.Epoch}
		if ref, ok := h.set.Contacts.ByContext(c.ref.Context); ok && !c.ref.Group {
			in = moderation.ChangeIntent{Contact: ref.Ref}
			in.Contact.Epoch = c.ref.Epoch
		}
		_, mute := h.chats.Target(h.set, in)
		for intent, err := range map[string]error{"send": send, "read": read, "leave": leave, "mute": mute} {
			if !errors.Is(err, c.want) {
				t.Errorf("%s to %s: %v", intent, name, err)
			}
		}
	}
}

func TestSendPlansOneFactForEveryPeer(t *testing.T) {
	h := newHouse(t)
	r, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(adaBen), Text: strings.Repeat("x", 9000)})
	if err != nil {
		t.Fatal(err)
	}
	if r.Capability != chat.CapSend || !r.Queue || len(r.Entries) != 1 || len(r.Sends) != 1 {
		t.Fatalf("planned %+v", r)
	}
	if s := r.Sends[0]; s.Peer != ben.Authority() || s.Cost != 3 || s.Leak[fact.ObserverExternal] == 0 {
		t.Fatalf("planned the send %+v", s)
	}
	for name, in := range map[string]chat.SendIntent{
		"empty":     {To: h.ref(adaBen), Text: " \n"},
		"too long":  {To: h.ref(adaBen), Text: strings.Repeat("x", chat.MaxText+1)},
		"not UTF-8": {To: h.ref(adaBen), Text: "\xff"},
	} {
		if _, err := chat.Send(h.chats, h.set, caller(ada), in); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: chat.Ref{Context: aura.ContextID{99}, Epoch: 1}, Text: "x"}); !errors.Is(err, aura.NotFound) {
		t.Errorf("an unknown conversation: %v", err)
	}
}

// TestARepeatedMessageIsComparedWithWhatIsStored: the error says in which way the action left something else.
func TestARepeatedMessageIsComparedWithWhatIsStored(t *testing.T) {
	stored := ada.Shared(t, adaBen, 4, 1, chat.KindMessage, text("hello")).Fact
	erased := stored
	erased.Payload, erased.Erased = nil, [32]byte{1}
	read := ada.Shared(t, adaBen, 5, 2, chat.KindRead, chat.Read{}).Fact
	for _, c := range []struct {
		fact *fact.Fact
		in   chat.SendIntent
		want string
	}{
		{&stored, chat.SendIntent{To: chat.Ref{Context: adaBen}, Text: "hello"}, ""},
		{&stored, chat.SendIntent{To: chat.Ref{Context: adaBen}, Text: "bye"}, "another text was stored"},
		{&stored, chat.SendIntent{To: chat.Ref{Context: adaCleo}, Text: "hello"}, "to another recipient was stored"},
		{&erased, chat.SendIntent{To: chat.Ref{Context: adaBen}, Text: "hello"}, "is erased: send the text without that operation"},
		{&read, chat.SendIntent{To: chat.Ref{Context: adaBen}, Text: "hello"}, "is no message but another action"},
	} {
		err := chat.Repeats(c.fact, c.in)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, aura.Conflict) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.fact.Kind, err, c.want)
		}
	}
}

func TestWindowDropsOldTextsOnly(t *testing.T) {
	h := newHouse(t)
	h.chats = chat.NewState(ada.Authority(), chat.Keep{Messages: 2})
	for i := range aura.Logical(3) {
		h.apply(ben.Shared(t, adaBen, 10+i, uint64(1+i), chat.KindMessage, text(string(rune('a'+i)))))
	}
	if diff := cmp.Diff([]string{"Ben: b", "Ben: c"}, h.texts(adaBen)); diff != "" {
		t.Fatal(diff)
	}
	if _, more := h.chats.Messages(h.set, adaBen, 0); !more {
		t.Fatal("nothing says that there is more")
	}
}

// founded lets Ada found a group with Ben and Cleo and returns its context.
func founded(t testing.TB, h *house, name string) aura.ContextID {
	t.Helper()
	me := chat.Member{Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada"}
	in := chat.CreateIntent{Name: name}
	for _, c := range h.set.Contacts.Contacts() {
		in.Members = append(in.Members, c.Ref)
	}
	r, context, err := chat.Create(h.set, caller(ada), in, me, aura.Nonce{1}, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Metadata) != 1 || r.Metadata[0].Key != domain.SecretKey(context) || len(r.Sends) != 0 {
		t.Fatalf("planned %+v", r)
	}
	h.apply(ada.Drafted(r.Entries[0], 30, 30))
	return context
}

func TestFounderTellsEveryMemberOnce(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Friends")
	pending := h.chats.Pending(h.set.Contacts)
	if len(pending) != 2 {
		t.Fatalf("%d members are to be told", len(pending))
	}
	for i, p := range pending {
		r, err := chat.Invite(h.chats, caller(ada), p, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		if r.Context != p.Member.Context || r.Sends[0].Peer != p.Member.Authority {
			t.Fatalf("planned %+v", r)
		}
		h.apply(ada.Drafted(r.Entries[0], aura.Logical(31+i), 1))
	}
	if rest := h.chats.Pending(h.set.Contacts); len(rest) != 0 {
		t.Fatalf("%d members are told twice", len(rest))
	}
	if ref, err := h.chats.Resolve(h.set, "friends"); err != nil || ref != h.ref(group) || !ref.Group || ref.Epoch == 0 {
		t.Fatalf("the name resolves to %v, %v", ref, err)
	}
}

// invitedHouse is what Ben knows after Ada's invitation into a group.
func invitedHouse(t testing.TB) (h *house, group aura.ContextID, in chat.Invitation) {
	t.Helper()
	a := newHouse(t)
	group = founded(t, a, "Friends")
	b := &house{
		chats: chat.NewState(ben.Authority(), chat.Keep{}),
		set:   chat.Setting{Contacts: &contact.State{}, Moderation: &moderation.State{}},
	}
	b.apply(ben.Own(t, 1, contact.KindAdded, contact.Added{
		Context: adaBen, Authority: ada.Authority(), Certificate: ada.Certificate.Encode(), Name: "Ada",
	}))
	for _, p := range a.chats.Pending(a.set.Contacts) {
		if p.Member.Authority != ben.Authority() {
			continue
		}
		r, err := chat.Invite(a.chats, caller(ada), p, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		b.apply(ada.Drafted(r.Entries[0], 31, 1))
	}
	invitations := b.chats.Invitations(b.set.Contacts)
	if len(invitations) != 1 {
		t.Fatalf("%d invitations", len(invitations))
	}
	return b, group, invitations[0]
}

func TestMemberJoinsWithTheSecret(t *testing.T) {
	b, group, in := invitedHouse(t)
	r, err := chat.Join(caller(ben), in)
	if err != nil {
		t.Fatal(err)
	}
	if in.Context != group || string(r.Metadata[0].Value) != string(in.Secret[:]) || in.Secret != [32]byte{7} {
		t.Fatalf("joined %+v", in)
	}
	if len(b.chats.Threads(b.set)) != 1 {
		t.Fatal("a group is listed before it was joined")
	}
	b.apply(ben.Drafted(r.Entries[0], 32, 2))
	if len(b.chats.Invitations(b.set.Contacts)) != 0 || len(b.chats.Threads(b.set)) != 2 {
		t.Fatal("the group was not joined")
	}
	g, ok := b.chats.Membership(group)
	if !ok || g.Founder() != ada.Authority() {
		t.Fatalf("membership %+v", g)
	}
}

func TestGroupMessageIsAsFarAsItsLeastMember(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Friends")
	h.apply(ada.Shared(t, group, 40, 1, chat.KindMessage, text("all")))
	ack := func(at aura.Logical, p foldtest.Person) fact.Record {
		return ada.Own(t, at, delivery.KindAcked, delivery.Acked{Context: group, Peer: p.Authority(), Through: 1})
	}
	get := func() chat.Message {
		m, _ := h.chats.Messages(h.set, group, 0)
		return m[0]
	}
	h.apply(ack(41, ben))
	if m := get(); m.State != delivery.ProgressWaiting || len(m.Recipients) != 2 {
		t.Fatalf("with one of two: %+v", m)
	}
	h.apply(ack(42, cleo))
	if m := get(); m.State != delivery.ProgressDelivered {
		t.Fatalf("with both: %+v", m)
	}
}

func TestWhoLeftHoldsNothingBack(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Friends")
	h.apply(
		ada.Shared(t, group, 40, 1, chat.KindMessage, text("all")),
		ada.Own(t, 41, delivery.KindAcked, delivery.Acked{Context: group, Peer: ben.Authority(), Through: 1}),
		cleo.Shared(t, group, 42, 1, chat.KindLeft, chat.Left{}),
	)
	if m, _ := h.chats.Messages(h.set, group, 0); m[0].State != delivery.ProgressDelivered {
		t.Fatalf("the message is %s", m[0].State)
	}
	r, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(group), Text: "x"})
	if err != nil || len(r.Sends) != 1 || r.Sends[0].Peer != ben.Authority() {
		t.Fatalf("planned %+v, %v", r.Sends, err)
	}
	leave, err := chat.Leave(h.chats, h.set, caller(ada), chat.LeaveIntent{Group: h.ref(group)})
	if err != nil {
		t.Fatal(err)
	}
	h.apply(ada.Drafted(leave.Entries[0], 43, 2))
	if _, err := chat.Send(h.chats, h.set, caller(ada), chat.SendIntent{To: h.ref(group), Text: "x"}); !errors.Is(err, aura.Denied) {
		t.Fatalf("writing after leaving: %v", err)
	}
	if _, err := chat.Leave(h.chats, h.set, caller(ada), chat.LeaveIntent{Group: h.ref(group)}); !errors.Is(err, aura.Conflict) {
		t.Fatalf("leaving twice: %v", err)
	}
}

func TestStrangersInAConversationAreNotShown(t *testing.T) {
	h := newHouse(t)
	h.apply(cleo.Shared(t, adaBen, 10, 1, chat.KindMessage, text("I am Ben")))
	if got := h.texts(adaBen); len(got) != 0 {
		t.Fatalf("shown: %v", got)
	}
}

func TestGroupDescriptionCannotBeForged(t *testing.T) {
	_, _, in := invitedHouse(t)
	good := in.Group
	for name, change := range map[string]func(*chat.Group){
		"other founder":   func(g *chat.Group) { g.Members[0].Role, g.Members[1].Role = chat.RoleFounder, chat.RoleFounder },
		"swapped members": func(g *chat.Group) { slices.Reverse(g.Members) },
		"wrong authority": func(g *chat.Group) { g.Members[0].Authority[0] ^= 1 },
		"unknown role":    func(g *chat.Group) { g.Members[2].Role = 9 },
		"one member":      func(g *chat.Group) { g.Members = g.Members[:1] },
		"no name":         func(g *chat.Group) { g.Name = "" },
	} {
		g := good
		g.Members = slices.Clone(good.Members)
		change(&g)
		if err := g.Check(); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	renamed := good
	renamed.Name = "Foes"
	a, _ := good.Context()
	if b, _ := renamed.Context(); a == b {
		t.Error("two groups have one context")
	}
}

func TestInvitationByAnotherThanTheFounderIsRefused(t *testing.T) {
	_, _, in := invitedHouse(t)
	r := cleo.Shared(t, adaCleo, 50, 1, chat.KindInvited, chat.Invited{Group: in.Group, Secret: [32]byte{8}})
	registry := foldtest.Registry(t, chat.Module())
	if err := registry.Check(&r.Fact); !errors.Is(err, aura.Invalid) {
		t.Fatalf("the check says %v", err)
	}
}

// TestEveryFactIsCheckedWhereItLies takes one fact of every kind, and then changes what each must hold.
func TestEveryFactIsCheckedWhereItLies(t *testing.T) {
	_, group, in := invitedHouse(t)
	invited := chat.Invited{Group: in.Group, Secret: in.Secret}
	foldtest.Checked(t, chat.Module(),
		ada.Shared(t, group, 1, 1, chat.KindMessage, text("hi")),
		ada.Shared(t, group, 1, 1, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: ada.Device(), Through: 1}}}),
		ada.Own(t, 1, chat.KindCreated, in.Group),
		ada.Shared(t, adaBen, 1, 1, chat.KindInvited, invited),
		ada.Own(t, 1, chat.KindJoined, chat.Joined{Context: group}),
		ada.Shared(t, group, 1, 1, chat.KindLeft, chat.Left{}),
	)
	registry := foldtest.Registry(t, chat.Module())
	twice := chat.Mark{Device: ada.Device(), Through: 1}
	for name, r := range map[string]fact.Record{
		"an empty text":              ada.Shared(t, group, 1, 1, chat.KindMessage, text(" ")),
		"a mark twice":               ada.Shared(t, group, 1, 1, chat.KindRead, chat.Read{Marks: []chat.Mark{twice, twice}}),
		"many marks":                 ada.Shared(t, group, 1, 1, chat.KindRead, chat.Read{Marks: make([]chat.Mark, chat.MaxMarks+1)}),
		"a group founded by another": ben.Own(t, 1, chat.KindCreated, in.Group),
		"an invitation by a member":  ben.Shared(t, adaBen, 1, 1, chat.KindInvited, invited),
		"an invitation of no secret": ada.Shared(t, adaBen, 1, 1, chat.KindInvited, chat.Invited{Group: in.Group}),
		"joining nothing":            ada.Own(t, 1, chat.KindJoined, chat.Joined{}),
	} {
		if err := registry.Check(&r.Fact); !errors.Is(err, aura.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAConversationIsCoveredWhenEveryOutboxIsCounted: as long as one is not, the progress of its messages is unknown.
func TestAConversationIsCoveredWhenEveryOutboxIsCounted(t *testing.T) {
	counted := []*bool{nil, new(false), new(true)}
	for _, bens := range counted {
		for _, cleos := range counted {
			h := newHouse(t)
			group := founded(t, h, "Friends")
			if bens != nil {
				h.outbox(t, group, ben, delivery.Outbox{Counted: *bens})
			}
			if cleos != nil {
				h.outbox(t, group, cleo, delivery.Outbox{Counted: *cleos})
			}
			want := bens != nil && *bens && cleos != nil && *cleos
			if got := h.chats.Cover(h.set, group); got != want {
				t.Errorf("covered %t, want %t", got, want)
			}
			if h.chats.Cover(h.set, adaBen) || h.chats.Cover(h.set, aura.ContextID{99}) {
				t.Error("another conversation is covered")
			}
		}
	}
}

func TestStateIsTheSameForAnyOrder(t *testing.T) {
	g := newHouse(t)
	group := founded(t, g, "Friends")
	_, _, in := invitedHouse(t)
	people := []foldtest.Person{ada, ben, cleo}
	rapid.Check(t, func(rt *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) fact.Record {
			at := aura.Logical(rapid.Uint64Range(1, 9).Draw(rt, "logical"))
			seq := rapid.Uint64Range(1, 9).Draw(rt, "seq")
			who := rapid.SampledFrom(people).Draw(rt, "who")
			context := rapid.SampledFrom([]aura.ContextID{adaBen, group}).Draw(rt, "context")
			switch rapid.IntRange(0, 5).Draw(rt, "kind") {
			case 0:
				return who.Shared(t, context, at, seq, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: ada.Device(), Through: seq}}})
			case 1:
				return who.Shared(t, context, at, seq, chat.KindLeft, chat.Left{})
			case 2:
				return ada.Shared(t, adaBen, at, seq, chat.KindInvited, chat.Invited{Group: in.Group, Secret: [32]byte{byte(seq)}})
			case 3:
				return ada.Own(t, at, chat.KindJoined, chat.Joined{Context: context})
			default:
				return who.Shared(t, context, at, seq, chat.KindMessage, text(rapid.StringN(1, 3, 8).Draw(rt, "text")))
			}
		}), 1, 25).Draw(rt, "records")
		self := rapid.SampledFrom(people).Draw(rt, "self")
		foldtest.OrderInsensitive(rt, records, func() *chat.State {
			return chat.NewState(self.Authority(), chat.Keep{Messages: 4, Bytes: 12})
		})
	})
}

// groupFacts are facts of two groups: one that ada founded, and one into which ben invited her.
func groupFacts(t *testing.T) *rapid.Generator[[]fact.Record] {
	_, group, in := invitedHouse(t)
	mine, theirs := in.Group, in.Group
	theirs.Members = slices.Clone(mine.Members)
	for i := range theirs.Members {
		theirs.Members[i].Role = chat.RoleOrdinary
		if theirs.Members[i].Authority == ben.Authority() {
			theirs.Members[i].Role = chat.RoleFounder
		}
	}
	other, err := theirs.Context()
	if err != nil {
		t.Fatal(err)
	}
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) fact.Record {
		at := aura.Logical(rapid.Uint64Range(1, 9).Draw(rt, "logical"))
		who := rapid.SampledFrom([]foldtest.Person{ada, ben, cleo}).Draw(rt, "who")
		context := rapid.SampledFrom([]aura.ContextID{group, other}).Draw(rt, "context")
		switch rapid.IntRange(0, 4).Draw(rt, "kind") {
		case 0:
			return ada.Own(t, at, chat.KindCreated, mine)
		case 1:
			return ada.Shared(t, adaBen, at, 1, chat.KindInvited, chat.Invited{Group: mine, Secret: [32]byte{1}})
		case 2:
			return ben.Shared(t, adaBen, at, 1, chat.KindInvited, chat.Invited{Group: theirs, Secret: [32]byte{byte(at)}})
		case 3:
			return ada.Own(t, at, chat.KindJoined, chat.Joined{Context: context})
		default:
			return who.Shared(t, context, at, 1, chat.KindLeft, chat.Left{})
		}
	}), 1, 15)
}

func newGroups() chat.Groups { return chat.Groups{State: chat.NewState(ada.Authority(), chat.Keep{})} }

func TestSavedGroupsAreRestored(t *testing.T) {
	facts := groupFacts(t)
	rapid.Check(t, func(rt *rapid.T) { foldtest.Restorable(rt, facts.Draw(rt, "records"), newGroups) })
}

func TestVersionOfTheGroups(t *testing.T) { foldtest.Versioned(t, *update, groupFacts(t), newGroups) }

// TestRestoredGroupsReplaceThoseBefore: a restored state shows nothing of the state before the restoration.
func TestRestoredGroupsReplaceThoseBefore(t *testing.T) {
	h, _, _ := invitedHouse(t)
	none := chat.Groups{State: chat.NewState(ben.Authority(), chat.Keep{})}
	state, err := none.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := (chat.Groups{State: h.chats}).Restore(state); err != nil {
		t.Fatal(err)
	}
	if left := h.chats.Invitations(h.set.Contacts); len(left) != 0 {
		t.Errorf("%d invitations of before are shown", len(left))
	}
}

func TestGroupsOfAnotherOwnerAreRefused(t *testing.T) {
	state, err := chat.Groups{State: chat.NewState(ben.Authority(), chat.Keep{})}.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := newGroups().Restore(state); !errors.Is(err, aura.Corrupt) {
		t.Errorf("got %v, want corrupt", err)
	}
}

func TestViewAsJSON(t *testing.T) {
	h := newHouse(t)
	group := founded(t, h, "Friends")
	h.apply(
		ada.Shared(t, group, 40, 1, chat.KindMessage, text("all")),
		ben.Shared(t, adaBen, 50, 1, chat.KindMessage, text("hi Ada")),
		cleo.Shared(t, group, 60, 1, chat.KindLeft, chat.Left{}),
	)
	got, err := json.MarshalIndent(h.chats.Threads(h.set), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	foldtest.Golden(t, *update, append(got, '\n'))
}

func FuzzPayloads(f *testing.F) {
	_, group, in := invitedHouse(f)
	for _, r := range []fact.Record{
		ada.Shared(f, group, 1, 1, chat.KindMessage, text("hi")),
		ada.Shared(f, group, 1, 1, chat.KindRead, chat.Read{Marks: []chat.Mark{{Device: ada.Device(), Through: 1}}}),
		ada.Shared(f, adaBen, 1, 1, chat.KindInvited, chat.Invited{Group: in.Group, Secret: in.Secret}),
	} {
		f.Add(r.Fact.Payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		foldtest.Survives(t, chat.Module(), chat.NewState(ada.Authority(), chat.Keep{}), payload)
	})
}
