package interp

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/effect"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

var (
	testKey    = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	testOwn    = aura.AuthorityOf(testKey.Public().(ed25519.PublicKey))
	testDevice = aura.DeviceOf(testKey.Public().(ed25519.PublicKey))

	testContexts = []aura.ContextID{{1}, {2}}
	testPeers    = []aura.AuthorityID{{3}, {4}}
)

type testSigner struct{}

func (testSigner) Sign(msg []byte) [64]byte { return [64]byte(ed25519.Sign(testKey, msg)) }

// collector is a sender that keeps the released envelopes.
type collector struct{ sent []effect.Envelope }

func (c *collector) Release(_ task.Context, e effect.Envelope) { c.sent = append(c.sent, e) }

// openJournal opens and serves a journal that refuses the payload "bad".
func openJournal(t *testing.T, tc task.Context, g *task.Group, disk journal.Store) *journal.Journal {
	t.Helper()
	registry := fact.NewRegistry()
	err := registry.Register(fact.Domain{Name: "chat", Kinds: []fact.Kind{{Name: "chat.message", Check: func(f *fact.Fact) error {
		if string(f.Payload) == "bad" {
			return aura.Errorf("chat.Check", aura.Invalid, "a bad message")
		}
		return nil
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(tc, disk, journal.Options{
		Key: [32]byte{1}, Entropy: rand.NewChaCha8([32]byte{1}), Author: testOwn, Device: testDevice,
		Sign: testSigner{}.Sign, Registry: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	g.Go("journal", j.Serve)
	return j
}

// model is the ledger as the decisions of a batch would leave it, on which the next one is made: what package chain
// keeps in its overlay.
type model struct {
	ledger  Ledger
	charges map[budgetKey]fact.Charge
	leaks   map[leakKey]fact.Leak
	counts  map[aura.ContextID]uint64
}

func newModel(l Ledger) *model {
	return &model{ledger: l, charges: map[budgetKey]fact.Charge{}, leaks: map[leakKey]fact.Leak{}, counts: map[aura.ContextID]uint64{}}
}

func (m *model) charge(k budgetKey) fact.Charge {
	if c, ok := m.charges[k]; ok {
		return c
	}
	return m.ledger.Charge(k.context, k.peer)
}

func (m *model) leak(k leakKey) fact.Leak {
	if l, ok := m.leaks[k]; ok {
		return l
	}
	return m.ledger.Leak(k.context, k.observer)
}

func (m *model) count(context aura.ContextID) uint64 {
	if n, ok := m.counts[context]; ok {
		return n
	}
	return m.ledger.Count(fact.ContextNamespace(context), testDevice)
}

// dice are numbers that were drawn beforehand: nothing may be drawn while the simulation runs.
type dice []uint32

// draw returns a number from 0 up to but without n; 0 when the dice are used up.
func (d *dice) draw(n int) int {
	if len(*d) == 0 {
		return 0
	}
	v := (*d)[0]
	*d = (*d)[1:]
	return int(v % uint32(n))
}

// never is a version that no ledger has. A decision that does not hold on the model must not hold on any other ledger:
// the old way also refused decisions that were stale only beside a bad fact which was refused itself.
const never = 1 << 40

// drawDecision draws a decision that mostly holds on the model, and applies it to the model when it does.
func drawDecision(numbers *dice, m *model, name string) (d *Decision, bad bool) {
	draw := numbers.draw
	context := testContexts[draw(len(testContexts))]
	d = &Decision{Request: &guard.Request{Context: context, Authority: testOwn}, Seed: [32]byte{byte(draw(256))}}
	var facts uint64
	for i := range draw(3) {
		draft := fact.Draft{Namespace: fact.ContextNamespace(context), Kind: "chat.message", Payload: fmt.Appendf(nil, "%s.%d", name, i)}
		switch draw(10) {
		case 0:
			draft.Payload, bad = []byte("bad"), true
		case 1:
			draft.Namespace = fact.OwnNamespace(testOwn)
		}
		if draft.Namespace == fact.ContextNamespace(context) {
			facts++
		}
		d.Commands = append(d.Commands, effect.Command{Kind: effect.AppendJournal, Authority: testOwn, Entry: &draft})
	}
	holds := true
	for _, peer := range testPeers {
		if draw(2) == 0 {
			continue
		}
		send := guard.Send{Peer: peer}
		if n := m.count(context); n > 0 && draw(6) == 0 {
			send.From, send.Through = uint64(draw(int(n))), n
		}
		k := budgetKey{context, peer}
		if facts == 0 && send.Through == 0 || draw(8) == 0 {
			k.context = guard.ControlContext(context) // a control message, which pays for no facts
		}
		now := m.charge(k)
		c := effect.Command{
			Kind: effect.ChargeBudget, Context: k.context, Peer: peer, Amount: aura.FlowCost(1 + draw(3)),
			Epoch: max(1, now.Epoch+aura.Epoch(draw(8)/5)-aura.Epoch(draw(12)/11*2)),
		}
		if c.Seen = now.Spent; c.Epoch != now.Epoch {
			c.Seen, _ = now.Past.Spent(now.Epoch, c.Epoch)
		}
		if draw(12) == 0 || !guard.ChargeHolds(&now, c.Epoch, c.Seen) {
			c.Seen, holds = never, false
		}
		d.Request.Sends = append(d.Request.Sends, send)
		d.Commands = append(d.Commands, c)
		if draw(4) > 0 {
			d.Commands = append(d.Commands, effect.Command{
				Kind: effect.SendEnvelope, Context: context, Peer: peer,
				Envelope: &effect.Envelope{Context: context, Peer: peer, Through: send.Through},
			})
		}
	}
	if draw(2) == 0 {
		now := m.leak(leakKey{context, fact.ObserverExternal})
		c := effect.Command{
			Kind: effect.RecordLeakage, Context: context, Observer: fact.ObserverExternal, Bits: uint32(draw(4)),
			Epoch: max(1, now.Epoch+aura.Epoch(draw(8)/6)), Seen: now.Bits,
		}
		if c.Epoch != now.Epoch {
			c.Seen, _ = now.Past.Spent(now.Epoch, c.Epoch)
		}
		if !guard.LeakHolds(&now, c.Epoch, c.Seen) {
			c.Seen, holds = never, false
		}
		d.Commands = append(d.Commands, c)
	}
	if draw(3) == 0 {
		d.Commands = append(d.Commands, effect.Command{Kind: effect.StoreMetadata, Key: "note", Value: []byte(name)})
	}
	d.Commands = append(d.Commands, effect.Command{Kind: effect.GenerateNonce, Bytes: 8})
	if holds {
		m.apply(d, facts)
	}
	return d, bad
}

func (m *model) apply(d *Decision, facts uint64) {
	before := m.count(d.Request.Context)
	m.counts[d.Request.Context] = before + facts
	for i := range d.Commands {
		switch c := &d.Commands[i]; c.Kind {
		case effect.ChargeBudget:
			k := budgetKey{c.Context, c.Peer}
			now := m.charge(k)
			from, until := d.Run(c, &now, before, before+facts)
			m.charges[k] = guard.Charged(now, c, from, until)
		case effect.RecordLeakage:
			k := leakKey{c.Context, c.Observer}
			m.leaks[k] = guard.Leaked(m.leak(k), c)
		}
	}
}

// together has production carry out a batch in one commit: the writer is held by a store that does not return until
// all of them wait.
func together(t *testing.T, tc task.Context, p *Production, disk *journal.Faulty, batch []*Decision) []answer {
	t.Helper()
	moment := func() {
		if err := tc.Sleep(time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	g := task.NewGroup(tc, "batch")
	disk.SetFaults(journal.Faults{Stuck: true})
	g.Go("blocker", func(tc task.Context) error {
		_, err := p.journal.Append(tc, &journal.Entry{Meta: []journal.KV{{Key: "blocker", Value: []byte{1}}}})
		return err
	})
	moment()
	answers := make([]answer, len(batch))
	for i, d := range batch {
		g.Go("decision", func(tc task.Context) error {
			answers[i].result, answers[i].err = p.Execute(tc, d)
			return nil
		})
		moment()
	}
	disk.SetFaults(journal.Faults{})
	if err := g.Wait(tc); err != nil {
		t.Fatal(err)
	}
	return answers
}

// TestOneOverlayGivesTheResultsOfTwo draws batches of decisions, some of them stale or with a bad fact, and has
// [Production] and the [reference] commit them: the same decisions are refused, with the same kinds of errors, and the
// facts, the ledger, the receipts and the envelopes are the same.
func TestOneOverlayGivesTheResultsOfTwo(t *testing.T) {
	var tried trials
	rapid.Check(t, func(rt *rapid.T) {
		numbers := dice(rapid.SliceOfN(rapid.Uint32(), 150, 600).Draw(rt, "numbers"))
		sim := task.NewSim(rapid.Uint64().Draw(rt, "schedule"), task.SimOptions{StepLimit: 1_000_000})
		var difference string
		err := sim.Run("test", func(tc task.Context) error {
			g := task.NewGroup(tc, "home")
			disks := [2]*journal.Faulty{
				journal.NewFaulty(sim.Entropy("one"), journal.Faults{}), journal.NewFaulty(sim.Entropy("two"), journal.Faults{}),
			}
			old := &reference{own: testOwn, device: testDevice, journal: openJournal(t, tc, g, disks[0]), sign: testSigner{}.Sign}
			post := &collector{}
			now := NewProduction(testOwn, testDevice, openJournal(t, tc, g, disks[1]), testSigner{}, post)
			old.stored = now.journal
			exact := true // the old way divided a group with a bad fact, and so the receipts of its neighbours
			for b := 0; len(numbers) > 0 && difference == ""; b++ {
				m := newModel(old.journal)
				var batch []*Decision
				for i := range 1 + numbers.draw(6) {
					d, bad := drawDecision(&numbers, m, fmt.Sprintf("%d.%d", b, i))
					batch, exact = append(batch, d), exact && !bad
				}
				old.sent, post.sent = nil, nil
				want := old.commit(t, tc, batch)
				got := together(t, tc, now, disks[1], batch)
				tried.count(want)
				if len(merged(post.sent)) != len(post.sent) {
					difference = "a peer was released to twice in one commit"
				}
				difference = cmp.Or(
					difference, compare(want, got, exact), gocmp.Diff(merged(old.sent), merged(post.sent)), compareLedgers(old.journal, now.journal, exact),
				)
			}
			return g.Close(tc, time.Minute)
		})
		if err != nil || difference != "" {
			rt.Fatal(err, difference)
		}
	})
	if !t.Failed() && (tried.stale == 0 || tried.invalid == 0 || tried.shared == 0) {
		t.Errorf("not everything was tried: %+v", tried)
	}
}

// trials counts what the answers of batches were.
type trials struct{ allowed, stale, invalid, shared int }

func (n *trials) count(answers []answer) {
	for i := range answers {
		a := &answers[i]
		switch aura.KindOf(a.err) {
		case aura.Stale:
			n.stale++
		case aura.Invalid:
			n.invalid++
		default:
			n.allowed++
		}
		if r := a.result.Receipts; len(r) > 0 && r[0].Cost > 3 {
			n.shared++ // no decision costs more than 3
		}
	}
}

// compare returns the difference between the answers of two ways of committing.
func compare(want, got []answer, exact bool) string {
	for i := range want {
		w, g := &want[i], &got[i]
		if aura.KindOf(w.err) != aura.KindOf(g.err) {
			return fmt.Sprintf("decision %d: %v, want %v", i, g.err, w.err)
		}
		difference := cmp.Or(
			gocmp.Diff(places(w.result.Records), places(g.result.Records)), gocmp.Diff(w.result.Nonces, g.result.Nonces),
		)
		if exact {
			difference = cmp.Or(difference, gocmp.Diff(plain(w.result.Receipts), plain(g.result.Receipts)))
		}
		if difference != "" {
			return fmt.Sprintf("decision %d: %s", i, difference)
		}
	}
	return ""
}

// place is a record without the fields that are drawn anew for each: the order token, and so the identity and the proof.
type place struct {
	position  fact.Position
	seq       uint64
	logical   aura.Logical
	namespace fact.Namespace
	payload   string
}

func places(records []fact.Record) (all []string) {
	for i := range records {
		r := &records[i]
		all = append(all, fmt.Sprintf("%+v", place{r.Position, r.Seq, r.Fact.Logical, r.Fact.Namespace, string(r.Fact.Payload)}))
	}
	return all
}

// plain returns receipts without the identities of facts, which differ by the time drawn for each fact, and without the
// signatures and hashes over them.
func plain(receipts []effect.Receipt) []effect.Receipt {
	all := slices.Clone(receipts)
	for i := range all {
		all[i].LastID, all[i].Previous, all[i].Signature = [16]byte{}, [32]byte{}, [64]byte{}
	}
	return all
}

// merged returns how far each peer was released to.
func merged(sent []effect.Envelope) map[string]uint64 {
	through := map[string]uint64{}
	for _, e := range sent {
		k := fmt.Sprintf("%s to %s", e.Context, e.Peer)
		through[k] = max(through[k], e.Through)
	}
	return through
}

// compareLedgers returns the difference between the ledgers of two journals.
func compareLedgers(want, got *journal.Journal, exact bool) string {
	for _, context := range testContexts {
		shared := fact.ContextNamespace(context)
		difference := cmp.Or(
			gocmp.Diff(want.Count(shared, testDevice), got.Count(shared, testDevice)),
			gocmp.Diff(want.Leak(context, fact.ObserverExternal), got.Leak(context, fact.ObserverExternal)),
		)
		for _, peer := range testPeers {
			for _, k := range []budgetKey{{context, peer}, {guard.ControlContext(context), peer}} {
				difference = cmp.Or(difference, compareCharges(want, got, k, exact))
			}
		}
		if difference != "" {
			return difference
		}
	}
	w, _ := want.Meta("note")
	g, _ := got.Meta("note")
	return gocmp.Diff(w, g)
}

func compareCharges(want, got *journal.Journal, k budgetKey, exact bool) string {
	w, g := want.Charge(k.context, k.peer), got.Charge(k.context, k.peer)
	if !exact {
		w.Receipts, w.Head, g.Receipts, g.Head = 0, [32]byte{}, 0, [32]byte{}
		return gocmp.Diff(w, g)
	}
	one, _ := receiptsAfter(want, k, w.Epoch, 0, int(w.Receipts))
	two, err := receiptsAfter(got, k, g.Epoch, 0, int(g.Receipts))
	if err != nil {
		return err.Error()
	}
	w.Head, g.Head = [32]byte{}, [32]byte{}
	return cmp.Or(gocmp.Diff(w, g), gocmp.Diff(plain(one), plain(two)))
}
