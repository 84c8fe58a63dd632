package service

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/machine"
	"github.com/aura-runtime/aura/protocols/journalsync"
	"github.com/aura-runtime/aura/session"
	"github.com/aura-runtime/aura/task"
)

const (
	// maxRounds is how many exchanges one session has: most need one, and the first one of a device few more than one for each
	// [device.MaxStreams] streams.
	maxRounds = 256
	// maxComparing is how many messages one comparison takes.
	maxComparing = 32
	// maxBarren is how many batches may follow each other that bring nothing new: facts of branches that both sides have.
	maxBarren = 1024
)

// leader is the part of the side that leads a session.
type leader struct {
	*intake
	at    journalsync.LeftS1[task.Context]
	again bool // one side refused facts of a stream that moved since both had the same
}

// left is the program of the side that leads. It names the streams in which something moved since both had the same, and compares all only when
// that was not enough.
func (s *Siblings) left(tc task.Context, p *session.Port) error {
	o := p.Session()
	defer s.enter(o)()
	with := o.Parties[0].Device
	agreed, err := s.lead(tc, p, with)
	s.ended(tc, with, o.Name, agreed && err == nil, err)
	return err
}

// lead plays the part of the side that leads, and reports whether both sides have the same in the end.
func (s *Siblings) lead(tc task.Context, p machine.Port[task.Context], with aura.DeviceID) (agreed bool, err error) {
	l := &leader{intake: s.intakeFrom(with), at: journalsync.StartLeft[task.Context](p)}
	if agreed, err = l.run(tc); err == nil {
		_, err = l.at.SendDone(tc, journalsync.Done{})
	}
	return agreed, err
}

// run exchanges until both sides have the same, and reports whether they have.
func (l *leader) run(tc task.Context) (agreed bool, err error) {
	compared, first := false, true
	for range maxRounds {
		f, err := l.holdings()
		if err != nil {
			return false, err
		}
		var mine []device.Stream
		var rows []aura.FactID
		if compared {
			ours, theirs, err := l.compare(tc, f)
			if err != nil {
				return false, err
			}
			mine, rows = f.named(least(ours)), least(theirs)
		}
		if first || l.again && !compared {
			mine = l.movedSince(l.with, f, device.MaxStreams)
		}
		l.again = false
		equal, progress, err := l.exchange(tc, f, mine, rows)
		if err != nil || equal {
			return equal, err
		}
		if compared && !progress {
			return false, nil // the rest finds no place on one side
		}
		first, compared = false, !progress // what moved may have been all
	}
	return false, nil
}

// least returns the identities that one message names: those of the streams that others need come first.
func least(ids []aura.FactID) []aura.FactID {
	slices.SortFunc(ids, aura.FactID.Compare)
	return ids[:min(len(ids), device.MaxStreams)]
}

// compare finds out which streams differ, and returns their identities on both sides.
func (l *leader) compare(tc task.Context, f *holdings) (ours, theirs []aura.FactID, err error) {
	set := f.set()
	message := set.Begin()
	for n := 0; message != nil; n++ {
		if n == maxComparing {
			return nil, nil, l.breach(tc, aura.Errorf("service.compare", aura.Corrupt, "a comparison has no end"))
		}
		asked, err := l.at.SendCompare(tc, journalsync.Compare{Payload: message})
		if err != nil {
			return nil, nil, err
		}
		m, next, err := asked.ReceiveCompare(tc)
		if err != nil {
			return nil, nil, err
		}
		l.at = next
		var o, t []aura.FactID
		if message, o, t, err = set.Next(m.Payload); err != nil {
			return nil, nil, l.breach(tc, err)
		}
		ours, theirs = append(ours, o...), append(theirs, t...)
	}
	return ours, theirs, nil
}

// exchange says which streams differ, hands over what the other side lacks, and takes what this side lacks.
func (l *leader) exchange(tc task.Context, f *holdings, mine []device.Stream, rows []aura.FactID) (equal, progress bool, err error) {
	b, err := fact.Marshal(device.Streams{Hash: f.hash, Streams: mine, Rows: rows})
	if err != nil {
		return false, false, err
	}
	asked, err := l.at.SendStreams(tc, journalsync.Streams{Payload: b})
	if err != nil {
		return false, false, err
	}
	m, next, err := asked.ReceiveStreams(tc)
	if err != nil {
		return false, false, err
	}
	l.at = next
	var says device.Streams
	if err := fact.Unmarshal(m.Payload, &says); err != nil {
		return false, false, l.breach(tc, err)
	}
	if err := says.Check(3 * device.MaxStreams); err != nil {
		return false, false, l.breach(tc, err)
	}
	if says.Hash == f.hash {
		l.agree(tc, l.with, f)
		return true, false, nil
	}
	l.offered++
	spaces := l.env.Directory.Spaces()
	slices.SortFunc(says.Streams, func(a, b device.Stream) int {
		return cmp.Or(cmp.Compare(turn(&a, spaces), turn(&b, spaces)), compareStreams(&a, &b))
	})
	l.counts(says.Streams)
	for i := range says.Streams {
		t := &says.Streams[i]
		if t.Lacks {
			pushed, err := l.push(tc, t)
			if err != nil {
				return false, false, err
			}
			progress = progress || pushed
		}
		lacks, err := l.lacks(t, f)
		if err != nil {
			return false, false, err
		}
		if lacks {
			pulled, err := l.pull(tc, f, t)
			if err != nil {
				return false, false, err
			}
			progress = progress || pulled
		}
	}
	return false, progress, nil
}

// turn returns when a stream is exchanged: facts of a context that both sides know go before those of the account, which say how far they are.
func turn(t *device.Stream, spaces map[fact.Namespace]bool) int {
	switch {
	case t.Secret():
		return 0
	case t.Namespace.Space == fact.SpaceContext && len(t.Heads) > 0 && spaces[t.Namespace]:
		return 1
	}
	return 2
}

// counts notes how many facts the other side lacks.
func (l *leader) counts(streams []device.Stream) {
	n := uint64(0)
	for i := range streams {
		if t := &streams[i]; t.Lacks && !t.Secret() {
			through, _, err := l.env.Journal.Behind(t.Namespace, t.Device, t.Heads)
			count := l.env.Journal.Count(t.Namespace, t.Device)
			if err == nil {
				n += count - min(count, through)
			}
		}
	}
	l.lock.Lock()
	l.of[l.with].lacks = n
	l.lock.Unlock()
}

// push hands over what the other side lacks of a stream. It reports whether any of it found a place there.
func (l *leader) push(tc task.Context, t *device.Stream) (progress bool, err error) {
	after, _, err := l.env.Journal.Behind(t.Namespace, t.Device, t.Heads)
	if t.Secret() {
		after, err = 0, nil
	}
	for part := uint32(0); err == nil; {
		b, err := l.batch(t, after, part)
		if err != nil || b.Empty() {
			return progress, err
		}
		payload, err := fact.Marshal(b)
		if err != nil {
			return progress, err
		}
		sent, err := l.at.SendFacts(tc, journalsync.Facts{Payload: payload})
		if err != nil {
			return progress, err
		}
		m, next, err := sent.ReceiveStored(tc)
		if err != nil {
			return progress, err
		}
		l.at = next
		var is device.Stored
		if err := fact.Unmarshal(m.Payload, &is); err != nil {
			return progress, l.breach(tc, err)
		}
		if is.Refused {
			l.again = true
			return progress, nil
		}
		progress = true
		l.lock.Lock()
		d := l.of[l.with]
		d.lacks -= min(d.lacks, b.After-after)
		l.lock.Unlock()
		after, part = b.After, b.Bytes
	}
	return progress, err
}

// pull takes what this side lacks of a stream: up to the heads that the other side named, which must come. It reports whether any of it is new
// here.
func (l *leader) pull(tc task.Context, f *holdings, t *device.Stream) (progress bool, err error) {
	const op = "service.pull"
	asks := device.Cursor{Stream: f.find(t)}
	for barren := 0; ; {
		payload, err := fact.Marshal(asks)
		if err != nil {
			return progress, err
		}
		asked, err := l.at.SendNext(tc, journalsync.Next{Payload: payload})
		if err != nil {
			return progress, err
		}
		m, next, err := asked.ReceiveFacts(tc)
		if err != nil {
			return progress, err
		}
		l.at = next
		var b device.Batch
		if err := fact.Unmarshal(m.Payload, &b); err != nil {
			return progress, l.breach(tc, err)
		}
		if b.Stream.Namespace != t.Namespace || b.Stream.Device != t.Device {
			return progress, l.breach(tc, aura.Errorf(op, aura.Corrupt, "facts of another stream than the one that was asked for"))
		}
		if b.Empty() || b.After < asks.After || b.After == asks.After && b.Bytes <= asks.Bytes {
			return progress, l.breach(tc, aura.Errorf(op, aura.Corrupt, "facts that were promised do not come: device %s has none behind place %d",
				aura.Short(t.Device), asks.After))
		}
		news, refused, err := l.store(tc, &b)
		l.again = l.again || refused
		if err != nil || refused {
			return progress || news > 0, err
		}
		if barren++; news > 0 || len(b.Part) > 0 {
			barren = 0
		}
		if progress = progress || news > 0; barren > maxBarren {
			return progress, l.breach(tc, aura.Errorf(op, aura.Corrupt, "facts that were promised do not come, and others do"))
		}
		lacks := b.Secret == [32]byte{}
		if lacks {
			lacks, err = l.lacks(t, f)
		}
		if err != nil || !lacks {
			return progress, err
		}
		asks.After, asks.Bytes = b.After, b.Bytes
	}
}
