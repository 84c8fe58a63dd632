package service_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/auratest"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/domain/delivery"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// liar is another device of the account that says what a test wants: it implements machine.Port for the honest side.
type liar struct {
	says  []said // to the side that answers, in order
	reply func(label string, payload []byte) (string, any)
	next  said
	heard []said
}

type said struct {
	label   string
	payload any
}

func (l *liar) Send(_ task.Context, _ choreo.Role, label string, payload []byte) error {
	l.heard = append(l.heard, said{label, payload})
	if l.reply != nil {
		l.next.label, l.next.payload = l.reply(label, payload)
	}
	return nil
}

func (l *liar) Receive(task.Context, choreo.Role) (string, []byte, error) {
	if l.reply == nil {
		l.next, l.says = l.says[0], l.says[1:]
	}
	if b, raw := l.next.payload.([]byte); raw {
		return l.next.label, b, nil
	}
	b, err := fact.Marshal(l.next.payload)
	return l.next.label, b, err
}

// household is a device whose account has another one, which has said things that the first does not have.
type household struct {
	*auratest.World
	tc      task.Context
	here    *auratest.Person
	other   *auratest.Person
	context aura.ContextID
	stream  device.Stream // of the other one's facts
	facts   []fact.Record // of it
	of      *auratest.Person
}

func siblings(t *testing.T, test func(p *household)) {
	t.Helper()
	auratest.Run(t, auratest.Options{}, func(tc task.Context, w *auratest.World) {
		p := &household{World: w, tc: tc, here: w.Person(tc, "Ada"), of: w.Person(tc, "Ben")}
		p.context = w.Meet(tc, p.here, p.of)
		p.other = p.here.Enrol(tc, "Ada's laptop")
		ns := fact.ContextNamespace(p.context)
		w.Cut(p.here, p.other)
		w.Cut(p.here, p.of)
		p.of.Say(tc, p.context, "one")
		p.of.Say(tc, p.context, "two")
		j := p.of.Agent.Journal()
		heads, err := j.Heads(ns, p.of.Ring.Device())
		if err == nil {
			p.facts, err = j.ByAuthor(ns, p.of.Ring.Device(), p.here.Agent.Journal().Count(ns, p.of.Ring.Device())+1, 16)
		}
		if err != nil || len(p.facts) == 0 {
			w.Fatalf("%d facts: %v", len(p.facts), err)
		}
		p.stream = device.Stream{Namespace: ns, Device: p.of.Ring.Device(), Heads: heads}
		test(p)
	})
}

func (p *household) held() uint64 {
	return p.here.Agent.Journal().Count(p.stream.Namespace, p.stream.Device)
}

func (p *household) copies() (all []device.Copy) {
	for i := range p.facts {
		all = append(all, device.Copy{Record: p.facts[i].Encode()})
	}
	return all
}

// refused checks how a session ended, and that an event tells of it.
func (p *household) refused(err error, before uint64) {
	p.Helper()
	if aura.KindOf(err) != aura.Corrupt {
		p.Errorf("the session ended with %v", err)
	}
	told := false
	for _, e := range p.Events {
		told = told || e.Message() == "rejected"
	}
	if !told || p.held() != before {
		p.Errorf("an event told of it: %t, %d facts were taken", told, p.held()-before)
	}
}

// TestAPromiseThatIsNotKeptEndsTheSync: of the device that answers, whose facts do not come, and of the one that leads.
func TestAPromiseThatIsNotKeptEndsTheSync(t *testing.T) {
	siblings(t, func(p *household) {
		before := p.held()
		_, err := p.here.Agent.Siblings().Lead(p.tc, &liar{reply: func(label string, _ []byte) (string, any) {
			if label == "Streams" {
				return label, device.Streams{Hash: [32]byte{1}, Streams: []device.Stream{p.stream}}
			}
			return "Facts", device.Batch{Stream: device.Stream{Namespace: p.stream.Namespace, Device: p.stream.Device}}
		}}, p.other.Ring.Device())
		p.refused(err, before)
	})
	siblings(t, func(p *household) {
		before := p.held()
		err := p.here.Agent.Siblings().Follow(p.tc, &liar{says: []said{
			{"Streams", device.Streams{Hash: [32]byte{1}, Streams: []device.Stream{p.stream}}}, {"Done", []byte(nil)},
		}}, p.other.Ring.Device())
		p.refused(err, before)
	})
}

// TestAnAnswerThatNamesNothingIsNoAgreement: only equal hashes say that two devices have the same.
func TestAnAnswerThatNamesNothingIsNoAgreement(t *testing.T) {
	siblings(t, func(p *household) {
		with := p.other.Ring.Device()
		before := p.here.Agent.Siblings().Sync(with).Complete
		agreed, err := p.here.Agent.Siblings().Lead(p.tc, &liar{reply: func(label string, _ []byte) (string, any) {
			if label == "Streams" {
				return label, device.Streams{Hash: [32]byte{1}}
			}
			return label, []byte(nil)
		}}, with)
		if agreed || p.here.Agent.Siblings().Sync(with).Complete != before {
			p.Errorf("agreed: %t, %v", agreed, err)
		}
	})
}

// TestAWordAboutAFactThatIsNotHereWaits: the other device has it that Ben got its text, which is not here. It is taken when all that differs was
// exchanged once more, because the text may never come.
func TestAWordAboutAFactThatIsNotHereWaits(t *testing.T) {
	siblings(t, func(p *household) {
		own, id := fact.OwnNamespace(p.here.Self()), p.other.Ring.Device()
		count := func(by *auratest.Person) uint64 { return by.Agent.Journal().Count(own, id) }
		p.other.Say(p.tc, p.context, "to Ben")
		acked := func(records []fact.Record) int {
			return slices.IndexFunc(records, func(r fact.Record) bool { return r.Fact.Kind == delivery.KindAcked })
		}
		var records []fact.Record
		p.Until(p.tc, "Ben has it, and the other device knows", time.Minute, func() bool {
			var err error
			if records, err = p.other.Agent.Journal().ByAuthor(own, id, count(p.here)+1, 64); err != nil {
				p.Fatalf("%v", err)
			}
			return acked(records) >= 0
		})
		before := count(p.here)
		var all []device.Copy
		for i := range records {
			all = append(all, device.Copy{Record: records[i].Encode()})
		}
		named := said{"Streams", device.Streams{Hash: [32]byte{1}}}
		batch := said{"Facts", device.Batch{Stream: device.Stream{Namespace: own, Device: id}, Facts: all}}
		l := &liar{says: []said{named, batch, named, batch, {"Done", []byte(nil)}}}
		if err := p.here.Agent.Siblings().Follow(p.tc, l, id); err != nil {
			p.Fatalf("%v", err)
		}
		var first, second device.Stored
		p.decode(l.heard[1].payload, &first)
		p.decode(l.heard[3].payload, &second)
		if !first.Refused || second.Refused || count(p.here) != before+uint64(len(records)) {
			p.Errorf("refused at first: %t, then: %t, %d of %d facts taken", first.Refused, second.Refused, count(p.here)-before, len(records))
		}
	})
}

// TestFactsOfASiblingAreVerified: one that another device changed, or that is in the batch of another stream, ends the sync, and one of an author who
// is not known here finds no place. The facts as their author signed them do.
func TestFactsOfASiblingAreVerified(t *testing.T) {
	batch := func(p *household, facts ...device.Copy) (refused bool, err error) {
		l := &liar{says: []said{
			{"Facts", device.Batch{Stream: device.Stream{Namespace: p.stream.Namespace, Device: p.stream.Device}, Facts: facts}}, {"Done", []byte(nil)},
		}}
		err = p.here.Agent.Siblings().Follow(p.tc, l, p.other.Ring.Device())
		var is device.Stored
		if len(l.heard) > 0 {
			p.decode(l.heard[0].payload, &is)
		}
		return is.Refused, err
	}
	siblings(t, func(p *household) {
		before, forged := p.held(), p.facts[0]
		forged.Fact.Payload = append([]byte(nil), forged.Fact.Payload...)
		forged.Fact.Payload[len(forged.Fact.Payload)-1] ^= 1
		forged = fact.NewRecord(forged.Fact)
		forged.Proof = p.facts[0].Proof
		_, err := batch(p, device.Copy{Record: forged.Encode()})
		p.refused(err, before)
	})
	siblings(t, func(p *household) {
		before := p.held()
		p.stream.Device = p.here.Ring.Device()
		_, err := batch(p, p.copies()...)
		p.stream.Device = p.of.Ring.Device()
		p.refused(err, before)
	})
	siblings(t, func(p *household) {
		cleo := p.Person(p.tc, "Cleo")
		other := p.Meet(p.tc, cleo, p.of)
		p.of.Say(p.tc, other, "to Cleo")
		ns := fact.ContextNamespace(other)
		p.stream.Namespace = ns
		facts, err := p.of.Agent.Journal().ByAuthor(ns, p.of.Ring.Device(), 1, 4)
		if err != nil || len(facts) == 0 {
			p.Fatalf("%d facts: %v", len(facts), err)
		}
		p.facts = facts
		if refused, err := batch(p, p.copies()...); err != nil || !refused || p.held() > 0 {
			p.Errorf("facts of a conversation of others: refused %t, %v, %d taken", refused, err, p.held())
		}
	})
	siblings(t, func(p *household) {
		before := p.held()
		if refused, err := batch(p, p.copies()...); err != nil || refused || p.held() != before+uint64(len(p.facts)) {
			p.Errorf("refused %t, %v, %d of %d facts taken", refused, err, p.held()-before, len(p.facts))
		}
	})
}

// TestNothingElseIsGiven: of a namespace that the account does not share.
func TestNothingElseIsGiven(t *testing.T) {
	siblings(t, func(p *household) {
		foreign := device.Stream{Namespace: fact.OwnNamespace(p.of.Self()), Device: p.of.Ring.Device()}
		l := &liar{says: []said{{"Next", device.Cursor{Stream: foreign}}}}
		p.refused(p.here.Agent.Siblings().Follow(p.tc, l, p.other.Ring.Device()), p.held())
		if len(l.heard) > 0 {
			p.Errorf("%d answers", len(l.heard))
		}
	})
}

// TestADeviceThatWasRemovedHandsOverNothing: its batch is refused with the commit.
func TestADeviceThatWasRemovedHandsOverNothing(t *testing.T) {
	siblings(t, func(p *household) {
		before := p.held()
		p.here.Dismiss(p.tc, p.other)
		l := &liar{says: []said{{"Facts", device.Batch{Stream: device.Stream{Namespace: p.stream.Namespace, Device: p.stream.Device}, Facts: p.copies()}}}}
		err := p.here.Agent.Siblings().Follow(p.tc, l, p.other.Ring.Device())
		if aura.KindOf(err) != aura.Denied || p.held() != before {
			p.Errorf("%v, %d facts taken", err, p.held()-before)
		}
	})
}

func (p *household) decode(payload, into any) {
	p.Helper()
	if err := fact.Unmarshal(payload.([]byte), into); err != nil {
		p.Fatalf("%v", err)
	}
}
