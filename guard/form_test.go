package guard_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
)

// step is a request to release a message of a session to one peer. Its site names a fact of kind chat.message.
func step(peer aura.AuthorityID, parcel []byte) *guard.Request {
	return &guard.Request{
		Capability: chatSend, Context: room, Authority: own, Entries: []fact.Draft{message("x")}, SiteFacts: []string{"chat.message"},
		Sends: []guard.Send{{
			Peer: peer, Cost: guard.CostOf(len(parcel)), Leak: guard.LeakOf(len(parcel)), Form: guard.FormMessage,
			Message: &effect.Message{Session: aura.SessionID{4}, Edge: 1, Seq: 2, Parcel: parcel},
		}},
	}
}

// carry is a request to reserve cells of neighbours.
func carry(peers ...aura.AuthorityID) *guard.Request {
	r := &guard.Request{Capability: guard.CapCarry, Context: room, Authority: own}
	for _, p := range peers {
		r.Sends = append(r.Sends, guard.Send{Peer: p, Cost: guard.CarryUnits, Form: guard.FormCarry})
	}
	return r
}

// permitted is the snapshot of a request in a context in which nothing was spent, with both capabilities.
func permitted(r *guard.Request, p guard.Policy) *guard.Snapshot {
	s := spent(r, p, 0)
	s.Caps = guard.NewFrontier(chatSend, guard.CapCarry)
	if r.Form() == guard.FormFacts {
		s.Last = 0 // no facts wait in front of these
	}
	return s
}

func TestAMessageOfASessionLeavesInItsEnvelope(t *testing.T) {
	r := step(ben, []byte("hi"))
	out := evaluate(permitted(r, guard.DefaultPolicy()), r)
	if !out.Allowed {
		t.Fatal(out.Denial.Err())
	}
	want := []effect.Kind{effect.ChargeBudget, effect.RecordLeakage, effect.RecordLeakage, effect.AppendJournal, effect.SendEnvelope}
	if diff := cmp.Diff(want, kinds(out)); diff != "" {
		t.Error(diff)
	}
	if c := out.Commands[0]; c.Context != guard.MessageContext(room) || c.Amount != 1 {
		t.Errorf("it is paid for with %+v", c)
	}
	if got := *out.Commands[4].Envelope; got != (effect.Envelope{Context: room, Peer: ben, Message: r.Sends[0].Message}) {
		t.Errorf("envelope %+v", got)
	}
	if key, ok := r.Key(); !ok || key != (guard.Key{Session: aura.SessionID{4}, Edge: 1, Seq: 2}) {
		t.Errorf("key %+v, %t", key, ok)
	}
	for name, r := range map[string]*guard.Request{"facts": text(ben), "control": greeting(ben), "carry": carry(ben), "nothing": {}} {
		if key, ok := r.Key(); ok {
			t.Errorf("%s: the decision has the key %+v", name, key)
		}
	}
}

// TestBeforeAContextExistsTheInvitationPays: its identifier stands for the context, and the other side has no name.
func TestBeforeAContextExistsTheInvitationPays(t *testing.T) {
	invitation := aura.ContextID{77}
	r := step(aura.AuthorityID{}, []byte("hi"))
	r.Context, r.Entries, r.SiteFacts = invitation, nil, nil
	out := evaluate(permitted(r, guard.DefaultPolicy()), r)
	if !out.Allowed || out.Commands[0].Context != guard.MessageContext(invitation) || !out.Commands[0].Peer.IsZero() {
		t.Errorf("%v: %+v", out.Denial.Err(), out.Commands)
	}
}

func TestACarryReservationIsPaidForAndReleasesNothing(t *testing.T) {
	r := carry(ben, cleo)
	out := evaluate(permitted(r, guard.DefaultPolicy()), r)
	if diff := cmp.Diff([]effect.Kind{effect.ChargeBudget, effect.ChargeBudget}, kinds(out)); !out.Allowed || diff != "" {
		t.Fatalf("%v\n%s", out.Denial.Err(), diff)
	}
	if c := out.Commands[1]; c.Context != guard.CarryContext(room) || c.Peer != cleo || c.Amount != guard.CarryUnits {
		t.Errorf("it is paid for with %+v", c)
	}
}

func TestEachFormHasALedgerOfItsOwn(t *testing.T) {
	budgets := map[aura.ContextID]guard.Form{}
	for form, r := range map[guard.Form]*guard.Request{
		guard.FormFacts: text(ben), guard.FormControl: greeting(ben), guard.FormMessage: step(ben, nil), guard.FormCarry: carry(ben),
	} {
		if other, taken := budgets[r.Budget()]; taken {
			t.Errorf("%s and %s are paid from one budget", form, other)
		}
		budgets[r.Budget()] = form
		if r.Form() != form {
			t.Errorf("a request of form %s says %s", form, r.Form())
		}
	}
}

// TestRefusedForms names each way in which a send does not have the form that it claims.
func TestRefusedForms(t *testing.T) {
	type change func(*guard.Request)
	m := func() *guard.Request { return step(ben, []byte("hi")) }
	c := func() *guard.Request { return carry(ben) }
	f := func() *guard.Request { return text(ben) }
	for name, x := range map[string]struct {
		from   func() *guard.Request
		change change
		reason guard.Reason
	}{
		"a form that no guard has":         {f, func(r *guard.Request) { r.Sends[0].Form = 4 }, guard.ReasonUnknownForm},
		"a form that no guard has, second": {func() *guard.Request { return text(ben, cleo) }, func(r *guard.Request) { r.Sends[1].Form = 200 }, guard.ReasonUnknownForm},
		"facts beside cells":               {func() *guard.Request { return carry(ben, cleo) }, func(r *guard.Request) { r.Sends[1].Form = guard.FormFacts }, guard.ReasonMalformed},
		"two messages":                     {m, func(r *guard.Request) { r.Sends = append(r.Sends, r.Sends[0]); r.Sends[1].Peer = cleo }, guard.ReasonMalformed},
		"a message that is not there":      {m, func(r *guard.Request) { r.Sends[0].Message = nil }, guard.ReasonMalformed},
		"a message beside facts":           {f, func(r *guard.Request) { r.Sends[0].Message = &effect.Message{} }, guard.ReasonMalformed},
		"a message beside cells":           {c, func(r *guard.Request) { r.Sends[0].Message = &effect.Message{} }, guard.ReasonMalformed},
		"a message of no session":          {m, func(r *guard.Request) { r.Sends[0].Message.Session = aura.SessionID{} }, guard.ReasonMalformed},
		"a message with a run":             {m, func(r *guard.Request) { r.Sends[0].Through = 1 }, guard.ReasonMalformed},
		"a message after a place":          {m, func(r *guard.Request) { r.Sends[0].From = 1 }, guard.ReasonMalformed},
		"a message that is sent again":     {m, func(r *guard.Request) { r.Sends[0].Retransmit = true }, guard.ReasonMalformed},
		"a parcel that is too large": {m, func(r *guard.Request) {
			r.Sends[0].Message.Parcel = make([]byte, effect.MaxParcel+1)
			r.Sends[0].Cost = 99
		}, guard.ReasonMalformed},
		"a parcel below its price":        {m, func(r *guard.Request) { r.Sends[0].Message.Parcel = make([]byte, 4096) }, guard.ReasonMalformed},
		"a message for nothing":           {m, func(r *guard.Request) { r.Sends[0].Cost = 0 }, guard.ReasonMalformed},
		"a site without its fact":         {m, func(r *guard.Request) { r.Entries = nil }, guard.ReasonUncoupled},
		"a site without one of two facts": {m, func(r *guard.Request) { r.SiteFacts = append(r.SiteFacts, "chat.read") }, guard.ReasonUncoupled},
		"a site of another kind of fact":  {m, func(r *guard.Request) { r.Entries[0].Kind = "chat.messages" }, guard.ReasonUncoupled},
		"a site without a session":        {f, func(r *guard.Request) { r.SiteFacts = []string{"chat.message"} }, guard.ReasonMalformed},
		"a site beside cells":             {c, func(r *guard.Request) { r.SiteFacts = []string{"chat.message"} }, guard.ReasonMalformed},
		"fewer cells":                     {c, func(r *guard.Request) { r.Sends[0].Cost = guard.CarryUnits - 1 }, guard.ReasonMalformed},
		"more cells":                      {c, func(r *guard.Request) { r.Sends[0].Cost = guard.CarryUnits + 1 }, guard.ReasonMalformed},
		"cells under another capability":  {c, func(r *guard.Request) { r.Capability = chatSend }, guard.ReasonMalformed},
		"cells beside a fact":             {c, func(r *guard.Request) { r.Entries = []fact.Draft{message("x")} }, guard.ReasonMalformed},
		"cells with a run":                {c, func(r *guard.Request) { r.Sends[0].Through = 1 }, guard.ReasonMalformed},
		"cells that are sent again":       {c, func(r *guard.Request) { r.Sends[0].Retransmit = true }, guard.ReasonMalformed},
		"cells for one peer twice":        {c, func(r *guard.Request) { r.Sends = append(r.Sends, r.Sends[0]) }, guard.ReasonMalformed},
		"cells without permission":        {c, func(r *guard.Request) { r.Capability = "move:carried" }, guard.ReasonNotGranted},
	} {
		r := x.from()
		s := permitted(r, guard.DefaultPolicy())
		if out := evaluate(s, r); !out.Allowed {
			t.Fatalf("%s, unchanged: %v", name, out.Denial.Err())
		}
		x.change(r)
		s = permitted(r, guard.DefaultPolicy())
		s.Budgets = s.Budgets[:min(len(s.Budgets), 2)]
		out := evaluate(s, r)
		if out.Allowed || out.Denial.Reason != x.reason || len(out.Commands)+len(out.Waiting) != 0 {
			t.Errorf("%s: allowed %t, %v", name, out.Allowed, out.Denial.Err())
		}
	}
}

// TestNoFormButFactsWaits: a short budget denies the others, also when the request lets recipients wait.
func TestNoFormButFactsWaits(t *testing.T) {
	p := guard.DefaultPolicy()
	for name, r := range map[string]*guard.Request{"message": step(ben, nil), "carry": carry(ben)} {
		r.Queue = true
		s := spent(r, p, p.Limit)
		s.Caps = guard.NewFrontier(chatSend, guard.CapCarry)
		if out := evaluate(s, r); out.Allowed || out.Denial.Reason != guard.ReasonShort || len(out.Waiting) != 0 {
			t.Errorf("%s, flow: %+v, waiting %v", name, out.Denial, out.Waiting)
		}
		s = permitted(r, p)
		r.Sends[0].Leak[fact.ObserverExternal] = 1
		s.Leakage[fact.ObserverExternal].Spent = s.Leakage[fact.ObserverExternal].Limit
		if out := evaluate(s, r); out.Allowed || out.Denial.Stage != guard.StageLeak || len(out.Waiting) != 0 {
			t.Errorf("%s, leakage: %+v, waiting %v", name, out.Denial, out.Waiting)
		}
	}
}

// formOf says in other words than the guard whether a request of one send has the form that it claims.
func formOf(r *guard.Request) guard.Reason {
	send := r.Sends[0]
	plain := send.Through == 0 && !send.Retransmit
	var good bool
	switch send.Form {
	case 0:
		good = send.Message == nil && r.SiteFacts == nil
	case 1:
		good = send.Message == nil && r.SiteFacts == nil && plain
	case 2:
		good = send.Message != nil && plain
	case 3:
		good = send.Message == nil && r.SiteFacts == nil && plain && r.Capability == "move:carry" && send.Cost == 256 && r.Entries == nil
	default:
		return guard.ReasonUnknownForm
	}
	if !good {
		return guard.ReasonMalformed
	}
	switch {
	case send.Retransmit && send.Through == 0:
		return guard.ReasonUndecided
	case send.Form == 0 && send.Through == 0 && r.Entries == nil:
		return guard.ReasonUncoupled
	case send.Form == 2 && r.SiteFacts != nil && (r.Entries == nil || r.Entries[0].Kind != r.SiteFacts[0]):
		return guard.ReasonUncoupled
	}
	return 0
}

// TestEveryCombinationOfAForm tries all combinations of the fields that make a form and compares the guard with formOf. A
// message leaves only beside the facts of its site.
func TestEveryCombinationOfAForm(t *testing.T) {
	tried, allowed := 0, map[guard.Form]int{}
	for form := range guard.Form(6) {
		for bits := range 1 << 8 {
			set := func(n int) bool { return bits>>n&1 == 1 }
			send := guard.Send{Peer: ben, Cost: 1, Form: form, Retransmit: set(0)}
			if set(1) {
				send.Message = &effect.Message{Session: aura.SessionID{4}}
			}
			if set(2) {
				send.Through = 2
			}
			if set(3) {
				send.Cost = guard.CarryUnits
			}
			r := &guard.Request{Capability: chatSend, Context: room, Authority: own, Sends: []guard.Send{send}, Queue: set(7)}
			if set(4) {
				r.Capability = guard.CapCarry
			}
			if set(5) {
				r.Entries = []fact.Draft{message("x")}
			}
			if set(6) {
				r.SiteFacts = []string{"chat.message"}
			}
			s := permitted(r, guard.DefaultPolicy())
			s.Last = 2
			c := fact.Charge{Epoch: guard.EpochAt(guard.DefaultPolicy(), noon), Spent: 1, Until: 2, Through: 2}
			s.Budgets[0] = guard.HeadroomOf(guard.DefaultPolicy(), guard.WholeShare, &c, r.Budget(), ben, noon)
			out := evaluate(s, r)
			tried++
			if want := formOf(r); out.Denial.Reason != want || out.Allowed != (want == 0) {
				t.Fatalf("form %s, bits %b: %v, want %v", form, bits, out.Denial.Reason, want)
			}
			released := 0
			for i := range out.Commands {
				if e := out.Commands[i].Envelope; e != nil {
					released++
					if (e.Message != nil) != (form == guard.FormMessage) {
						t.Fatalf("form %s releases %+v", form, e)
					}
				}
			}
			if releases := form == guard.FormFacts || form == guard.FormMessage; out.Allowed && (released == 1) != releases {
				t.Fatalf("form %s releases %d envelopes", form, released)
			}
			if out.Allowed {
				allowed[form]++
			}
		}
	}
	for form := range guard.Form(4) {
		if allowed[form] == 0 {
			t.Errorf("nothing of the form %s was allowed in %d trials", form, tried)
		}
	}
}

// TestNoMessageLeavesUncoupled draws sites and facts at random: what leaves rests on all facts that its site names, and was
// charged at least the price of its bytes, within the budget.
func TestNoMessageLeavesUncoupled(t *testing.T) {
	names := []string{"a.one", "a.two", "a.three"}
	rapid.Check(t, func(t *rapid.T) {
		r := step(ben, make([]byte, rapid.IntRange(0, 3*4096).Draw(t, "size")))
		r.SiteFacts = rapid.SliceOfN(rapid.SampledFrom(names), 0, 3).Draw(t, "site")
		r.Entries = nil
		for _, kind := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 3).Draw(t, "facts") {
			r.Entries = append(r.Entries, fact.Draft{Namespace: fact.OwnNamespace(own), Kind: kind})
		}
		r.Sends[0].Cost = aura.FlowCost(rapid.IntRange(0, 5).Draw(t, "cost"))
		r.Queue = rapid.Bool().Draw(t, "queue")
		p := guard.DefaultPolicy()
		p.Limit = rapid.Uint64Range(0, 6).Draw(t, "limit")
		s := spent(r, p, rapid.Uint64Range(0, 6).Draw(t, "spent"))
		out := evaluate(s, r)
		var charged uint64
		appended := map[string]bool{}
		left := false
		for i := range out.Commands {
			switch c := &out.Commands[i]; c.Kind {
			case effect.ChargeBudget:
				charged += uint64(c.Amount)
			case effect.AppendJournal:
				appended[c.Entry.Kind] = true
			case effect.SendEnvelope:
				left = true
			}
		}
		if left != out.Allowed {
			t.Fatalf("allowed %t, left %t", out.Allowed, left)
		}
		if !left {
			return
		}
		for _, kind := range r.SiteFacts {
			if !appended[kind] {
				t.Fatalf("a message leaves without the fact %s that its site names", kind)
			}
		}
		if price := uint64(guard.CostOf(len(r.Sends[0].Message.Parcel))); charged < price || s.Budgets[0].Spent+charged > p.Limit {
			t.Fatalf("%d units for the price of %d, %d spent of %d", charged, price, s.Budgets[0].Spent, p.Limit)
		}
	})
}

// TestNoCellIsReservedTwice lets reservations follow each other while the clock moves at will: each covers 256 cells that
// none before it covers, and the receiver's chain says the same as the ledger.
func TestNoCellIsReservedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := guard.DefaultPolicy()
		p.Limit = 3 * guard.CarryUnits
		key := device.Public().(ed25519.PublicKey)
		var c fact.Charge
		chain := guard.ReceiptChain{Kind: effect.ReceiptKindCarry, Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
		var spending guard.Spending
		reserved := map[uint64]bool{}
		spent := map[aura.Epoch]uint64{}
		for _, now := range clock(t, 20) {
			for range rapid.IntRange(0, 3).Draw(t, "reservations") {
				r := carry(ben)
				s := permitted(r, p)
				s.Budgets[0] = guard.HeadroomOf(p, guard.WholeShare, &c, r.Budget(), ben, now)
				out := evaluate(s, r)
				if !out.Allowed {
					continue
				}
				cmd := &out.Commands[0]
				from, until := c.Through, c.Through+uint64(cmd.Amount)
				turned := cmd.Epoch != c.Epoch
				head := c.Head
				if turned {
					head = [32]byte{}
				}
				c = guard.Charged(c, cmd, from, until)
				spent[cmd.Epoch] += uint64(cmd.Amount)
				for cell := from + 1; cell <= until; cell++ {
					if reserved[cell] {
						t.Fatalf("cell %d is reserved twice", cell)
					}
					reserved[cell] = true
				}
				receipt := sign(effect.Receipt{
					Kind: effect.ReceiptKindCarry, Context: room, From: own, To: ben, Epoch: cmd.Epoch, Cost: uint64(cmd.Amount),
					FirstSeq: from + 1, LastSeq: until, Previous: head, Nonce: aura.Nonce{1},
				})
				c.Head = receipt.Hash()
				far := aura.Physical{At: noon.At.Add(10 * p.EpochLength * aura.Duration(len(reserved)/guard.CarryUnits))} // it bounds nothing here
				if err := chain.Accept(receipt, key, false, &spending, p, far); err != nil {
					t.Fatal(err)
				}
				if chain.After != c.From || chain.LastSeq != c.Until || !chain.CoversCell(until) || chain.CoversCell(until+1) {
					t.Fatalf("ledger %+v, chain %+v", c, chain)
				}
				if spent[cmd.Epoch] > p.Limit {
					t.Fatalf("%d units in an epoch of %d", spent[cmd.Epoch], p.Limit)
				}
			}
		}
	})
}

func TestChainsTakeReceiptsOfTheirKind(t *testing.T) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	e := guard.EpochAt(p, noon)
	m := effect.Message{Session: aura.SessionID{4}, Parcel: []byte("hi")}
	base := map[effect.ReceiptKind]effect.Receipt{
		effect.ReceiptKindFacts:  {FirstSeq: 1, LastSeq: 3, LastID: [16]byte{7}},
		effect.ReceiptKindParcel: {Digest: m.Digest()},
		effect.ReceiptKindCarry:  {FirstSeq: 1, LastSeq: 256},
	}
	for kind, r := range base {
		r.Kind, r.Context, r.From, r.To, r.Epoch, r.Cost = kind, room, own, ben, e, 256
		for other := range base {
			chain := guard.ReceiptChain{Kind: other, Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
			var spending guard.Spending
			if err := chain.Accept(sign(r), key, false, &spending, p, noon); (err == nil) != (kind == other) || err != nil && !errors.Is(err, aura.Denied) {
				t.Errorf("a receipt of a %s in a chain of a %s: %v", kind, other, err)
			}
		}
		empty := r
		empty.FirstSeq, empty.LastSeq, empty.LastID, empty.Digest = 0, 0, [16]byte{}, [32]byte{}
		chain := guard.ReceiptChain{Kind: kind, Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
		var spending guard.Spending
		if err := chain.Accept(sign(empty), key, false, &spending, p, noon); !errors.Is(err, aura.Denied) {
			t.Errorf("a receipt of a %s that covers nothing: %v", kind, err)
		}
	}
	chain := guard.ReceiptChain{Kind: effect.ReceiptKindCarry, Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	short := effect.Receipt{Kind: effect.ReceiptKindCarry, Context: room, From: own, To: ben, Epoch: e, Cost: 255, FirstSeq: 1, LastSeq: 256}
	if err := chain.Accept(sign(short), key, false, &spending, p, noon); !errors.Is(err, aura.Denied) {
		t.Errorf("256 cells for 255 units: %v", err)
	}
}

// TestAReceiptPaysForOneMessage: the chain covers the message of its last receipt, follows, and refuses a receipt that does not.
func TestAReceiptPaysForOneMessage(t *testing.T) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	chain := guard.ReceiptChain{Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	if chain.CoversMessage([32]byte{}) {
		t.Error("a chain without receipts covers a message")
	}
	var last [32]byte
	for i := range uint64(3) {
		m := effect.Message{Session: aura.SessionID{4}, Seq: i, Parcel: []byte("hi")}
		r := sign(effect.Receipt{
			Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Epoch: 4, Cost: 1, Digest: m.Digest(), Previous: chain.Head,
		})
		for range 2 { // the second time it is sent again
			if err := chain.Accept(r, key, false, &spending, p, noon); err != nil || !chain.CoversMessage(m.Digest()) || chain.CoversMessage(last) {
				t.Fatalf("message %d: %v, %+v", i, err, chain)
			}
		}
		if chain.Spent != i+1 || chain.Count != i+1 || chain.CoversCell(0) || chain.CoversCell(1) {
			t.Errorf("chain %+v", chain)
		}
		last = m.Digest()
	}
	// A message that waited comes with the receipt of its own epoch, and those before it may have gone to another device.
	for _, epoch := range []aura.Epoch{3, 7, 4} {
		before := chain
		late := sign(effect.Receipt{Kind: effect.ReceiptKindParcel, Context: room, From: own, To: ben, Epoch: epoch, Cost: 1, Digest: last, Previous: [32]byte{9}})
		if err := chain.Accept(late, key, false, &spending, p, noon); err != nil || chain.Epoch != epoch || chain.Count != 1 || chain.Head == before.Head {
			t.Errorf("a receipt of epoch %d in the middle of its chain: %v, %+v", epoch, err, chain)
		}
	}
	if spending.In(4) != 4 || spending.In(3) != 1 || spending.In(7) != 1 || spending.Owed != 6 {
		t.Errorf("spent are %+v", spending)
	}
}

// TestAChainKeepsTheIdentityAtItsEnd: a fact at that place is held against it; a receipt of the first format names none, and a
// shorter run changes nothing.
func TestAChainKeepsTheIdentityAtItsEnd(t *testing.T) {
	p := guard.DefaultPolicy()
	key := device.Public().(ed25519.PublicKey)
	chain := guard.ReceiptChain{Context: room, From: own, To: ben, Device: aura.DeviceOf(key)}
	var spending guard.Spending
	id := func(n byte) aura.FactID { return aura.FactID{n, 31: n} }
	for i, x := range []struct {
		first, last uint64
		names       byte
		end         uint64
		want        byte // 0: no identity is known
	}{
		{1, 3, 1, 3, 1},
		{4, 5, 0, 5, 0}, // of the first format
		{5, 5, 2, 5, 2}, // names the same end afterwards
		{5, 5, 0, 5, 2}, // and does not take it back
		{2, 4, 3, 5, 2}, // ends before
		{5, 6, 4, 6, 4},
		{2, 3, 5, 6, 4},
		{9, 9, 6, 9, 6}, // behind a gap
	} {
		r := effect.Receipt{Context: room, From: own, To: ben, Epoch: 4, Cost: 1 + x.last - x.first, FirstSeq: x.first, LastSeq: x.last, Previous: chain.Head}
		if x.names != 0 {
			r.LastID = [16]byte{x.names}
		}
		if err := chain.Accept(sign(r), key, false, &spending, p, noon); err != nil {
			t.Fatalf("receipt %d: %v", i, err)
		}
		if chain.LastSeq != x.end {
			t.Fatalf("receipt %d: the chain ends at %d, want %d", i, chain.LastSeq, x.end)
		}
		for n := byte(1); n < 8; n++ {
			if got, want := chain.Covers(fact.PlaceOf(x.end, id(n))), x.want == 0 || n == x.want; got != want {
				t.Errorf("receipt %d: it covers fact %d at the end: %t, want %t", i, n, got, want)
			}
		}
	}
}

func TestEveryFormAndKindHasItsName(t *testing.T) {
	var got []string
	for f := range guard.Form(5) {
		kind, has := f.Receipt()
		got = append(got, fmt.Sprintf("%s: %s %t", f, kind, has))
	}
	want := []string{"facts: facts true", "control: facts false", "message: parcel true", "carry: carry reservation true", "form 4: facts false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
