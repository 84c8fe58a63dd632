package service

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols/journalsync"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

// follower is the part of the side that answers.
type follower struct {
	*intake
	set      *journal.Set // of the comparison that is under way
	promised map[stream][]fact.Place
	refused  map[stream]bool
}

// right is the program of the side that answers. The facts that the other side says it has must be here in the end.
func (s *Siblings) right(tc task.Context, p *session.Port) error {
	o := p.Session()
	defer s.enter(o)()
	return s.follow(tc, p, o.Parties[0].Device)
}

// follow plays the part of the side that answers.
func (s *Siblings) follow(tc task.Context, p machine.Port[task.Context], with aura.DeviceID) error {
	a := &follower{intake: s.intakeFrom(with), promised: map[stream][]fact.Place{}, refused: map[stream]bool{}}
	at := journalsync.StartRight[task.Context](p)
	for {
		heard, err := at.Receive(tc)
		if err != nil {
			return err
		}
		switch heard := heard.(type) {
		case journalsync.RightS1Streams[task.Context]:
			b, err := a.streams(tc, heard.Message.Payload)
			if err != nil {
				return err
			}
			if at, err = heard.Next.SendStreams(tc, journalsync.Streams{Payload: b}); err != nil {
				return err
			}
		case journalsync.RightS1Compare[task.Context]:
			b, err := a.compare(tc, heard.Message.Payload)
			if err != nil {
				return err
			}
			if at, err = heard.Next.SendCompare(tc, journalsync.Compare{Payload: b}); err != nil {
				return err
			}
		case journalsync.RightS1Facts[task.Context]:
			b, err := a.facts(tc, heard.Message.Payload)
			if err != nil {
				return err
			}
			if at, err = heard.Next.SendStored(tc, journalsync.Stored{Payload: b}); err != nil {
				return err
			}
		case journalsync.RightS1Next[task.Context]:
			b, err := a.next(tc, heard.Message.Payload)
			if err != nil {
				return err
			}
			if at, err = heard.Next.SendFacts(tc, journalsync.Facts{Payload: b}); err != nil {
				return err
			}
		case journalsync.RightS1Done[task.Context]:
			return a.kept(tc)
		}
	}
}

// streams answers how far this side is in the streams that the other side names, in one way or the other, and in those that moved here.
func (a *follower) streams(tc task.Context, payload []byte) ([]byte, error) {
	a.set = nil
	var says device.Streams
	err := fact.Unmarshal(payload, &says)
	if err == nil {
		err = says.Check(device.MaxStreams)
	}
	if err != nil {
		return nil, a.breach(tc, err)
	}
	f, err := a.holdings()
	if err != nil {
		return nil, err
	}
	if says.Hash == f.hash {
		a.agree(tc, a.with, f)
		return fact.Marshal(device.Streams{Hash: f.hash})
	}
	a.offered++
	answer := device.Streams{Hash: f.hash}
	for i := range says.Streams {
		t := &says.Streams[i]
		mine := f.find(t)
		if mine.Lacks, err = a.lacks(t, f); err != nil {
			return nil, err
		}
		if len(a.promised) > maxRounds*device.MaxStreams {
			return nil, a.breach(tc, aura.Errorf("service.streams", aura.Corrupt, "more streams are named than any account has"))
		}
		if !t.Secret() {
			a.promised[stream{t.Namespace, t.Device}] = t.Heads
		}
		answer.Streams = append(answer.Streams, mine)
	}
	more := append(f.named(says.Rows), a.movedSince(a.with, f, device.MaxStreams)...)
	for i := range more {
		t := &more[i]
		if len(t.Heads) > 0 && !slices.ContainsFunc(answer.Streams, func(o device.Stream) bool { return compareStreams(&o, t) == 0 }) {
			answer.Streams = append(answer.Streams, *t)
		}
	}
	return fact.Marshal(answer)
}

// compare answers one message of a comparison, of all streams as they were when it began.
func (a *follower) compare(tc task.Context, message []byte) ([]byte, error) {
	if a.set == nil {
		f, err := a.holdings()
		if err != nil {
			return nil, err
		}
		a.set = f.set()
	}
	b, err := a.set.Answer(message)
	if err != nil {
		return nil, a.breach(tc, err)
	}
	return b, nil
}

// facts takes a batch.
func (a *follower) facts(tc task.Context, payload []byte) ([]byte, error) {
	var b device.Batch
	if err := fact.Unmarshal(payload, &b); err != nil {
		return nil, a.breach(tc, err)
	}
	_, refused, err := a.store(tc, &b)
	if err != nil {
		return nil, err
	}
	a.refused[stream{b.Stream.Namespace, b.Stream.Device}] = refused
	return fact.Marshal(device.Stored{Refused: refused})
}

// next answers which facts follow those that the other side has. It gives none of a namespace that the account does not share.
func (a *follower) next(tc task.Context, payload []byte) ([]byte, error) {
	var asks device.Cursor
	err := fact.Unmarshal(payload, &asks)
	if err == nil {
		err = asks.Stream.Check()
	}
	if err == nil && !a.env.Directory.Spaces()[asks.Stream.Namespace] {
		err = aura.Errorf("service.next", aura.Denied, "facts of a namespace that the account does not share")
	}
	if err != nil {
		return nil, a.breach(tc, err)
	}
	after := asks.After
	if after == 0 && !asks.Stream.Secret() {
		if after, _, err = a.env.Journal.Behind(asks.Stream.Namespace, asks.Stream.Device, asks.Stream.Heads); err != nil {
			return nil, err
		}
	}
	b, err := a.batch(&asks.Stream, after, asks.Bytes)
	if err != nil {
		return nil, err
	}
	return fact.Marshal(b)
}

// kept returns the breach of a side that has not handed over what it said that it has.
func (a *follower) kept(tc task.Context) error {
	for _, t := range sortedStreams(a.promised) {
		if a.refused[t] {
			continue
		}
		for _, h := range a.promised[t] {
			here, err := a.env.Journal.Has(t.namespace, t.device, h)
			if err != nil {
				return err
			}
			if !here {
				return a.breach(tc, aura.Errorf("service.kept", aura.Corrupt, "fact %d of device %s was promised and did not come", h.Seq, aura.Short(t.device)))
			}
		}
	}
	return nil
}
