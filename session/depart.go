package session

import (
	"slices"

	"github.com/aura-runtime/aura"
	view "github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

const (
	// departLog is the log of the sessions that went to other devices. Its entries are departed.
	departLog = "departed"
	// maxDeparted is how many of them are kept, the newest. The fact of each delegation says the same for ever.
	maxDeparted = 1000
)

// departed is a session that went to another device. A participant that looks for it here is told where it is.
type departed struct {
	Session view.Session `cbor:"1,keyasint"`
	Version [32]byte     `cbor:"2,keyasint,omitzero"`
	Sizes   []Size       `cbor:"3,keyasint,omitempty"`
	Moves   []view.Move  `cbor:"4,keyasint,omitempty"`
}

// departures are the newest of them. The zero value has none.
type departures struct {
	of    map[aura.SessionID]*departed
	order []aura.SessionID // the oldest first
}

func (n *departures) add(d *departed) {
	if n.of == nil {
		n.of = map[aura.SessionID]*departed{}
	}
	name := d.Session.Name
	n.order = append(slices.DeleteFunc(n.order, func(o aura.SessionID) bool { return o == name }), name)
	n.of[name] = d
	if len(n.order) > maxDeparted {
		delete(n.of, n.order[0])
		n.order = slices.Delete(n.order, 0, 1)
	}
}

// loadDepartures reads those that the journal has, and lets the oldest go that are too many.
func (e *Engine) loadDepartures(tc task.Context) error {
	l := e.options.Journal.Log(departLog)
	if l.Last > l.Dropped+maxDeparted {
		drop := journal.LogChange{Name: departLog, Drop: l.Last - maxDeparted}
		if _, err := e.options.Journal.Append(tc, &journal.Entry{Logs: []journal.LogChange{drop}}); err != nil {
			return err
		}
		l.Dropped = drop.Drop
	}
	if l.Last == l.Dropped {
		return nil
	}
	values, err := e.options.Journal.ReadLog(departLog, l.Dropped+1, maxDeparted, 0)
	if err != nil {
		return err
	}
	for _, v := range values {
		d := new(departed)
		if err := decode(v, d); err != nil {
			return aura.Errorf("session.Start", aura.Corrupt, "the log of sessions that went to other devices is damaged: %w", err)
		}
		e.departed.add(d)
	}
	return nil
}

// departs returns the session as the log of those that went has it.
func (l *live) departs(moves []view.Move) *departed {
	return &departed{Session: l.view(), Version: l.protocol.Version(), Sizes: l.protocol.sizes, Moves: moves}
}

// goneFrom returns the session that the peer of a channel plays in, and that went from here to another device; nil for none.
func (e *Engine) goneFrom(name aura.SessionID, on *ChannelOptions) *departed {
	d := e.departed.of[name]
	if d == nil || e.live[name] != nil || d.Session.Context != on.Context {
		return nil
	}
	if !slices.ContainsFunc(d.Session.Others, func(p view.Participant) bool { return p.Authority == on.Peer.Authority }) {
		return nil
	}
	return d
}

// greeting tells a participant to which device the session went.
func (d *departed) greeting(to string) Greeting {
	s := &d.Session
	return Greeting{Session: s.Name, Protocol: s.Protocol, Version: d.Version, Role: s.Role, Sizes: d.Sizes, To: to, Moved: d.Moves, Epoch: s.Epoch}
}
