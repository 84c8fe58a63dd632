package session

import (
	"bytes"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// A change of version is made by a session, in three steps: the device reserves the protocol for it with the word that it could change,
// changes in the batch of the fact, and follows. The reservation lasts as long as the session lives here, so two changes of one protocol
// cannot both have the word of a device, whatever crashes.

// MayChange returns why a session cannot have sessions of a protocol begin in another version from here on: aura.Stale when they begin in
// another one than from, or when an upgrade has replaced to before, aura.NotFound for a version that is not here, and aura.Conflict
// while another session changes the protocol.
func (r *Reconfig) MayChange(tc task.Context, by aura.SessionID, protocol string, from, to [32]byte) error {
	_, err := r.Reserve(tc, by, protocol, from, to)
	return err
}

// Reserve returns what makes durable that a session alone changes a protocol on this device, until it ends here: it goes into the batch of the
// word that this device could change. The errors are those of [Reconfig.MayChange].
func (r *Reconfig) Reserve(tc task.Context, by aura.SessionID, protocol string, from, to [32]byte) (guard.Request, error) {
	const op = "session.Reserve"
	e := r.engine
	return r.changes(tc, protocol, func(now *current) error {
		switch v, err := e.versions(protocol); {
		case err != nil:
			return err
		case v.Active != from:
			return aura.Errorf(op, aura.Stale, "its sessions begin in another version than the one before the change")
		case !slices.Contains(v.Known, to):
			return aura.Errorf(op, aura.NotFound, "it does not have the new version")
		case slices.Contains(v.Retired, to):
			return aura.Errorf(op, aura.Stale, "the new version was replaced before")
		case now.By != by && (e.live[now.By] != nil || e.suspended[now.By] != nil):
			return aura.Errorf(op, aura.Conflict, "session %s is changing the protocol: wait for its end", aura.Short(now.By))
		}
		now.By = by
		return nil
	})
}

// Release returns what gives up the reservation of a session that will not change the protocol. It is nothing when the session has none.
func (r *Reconfig) Release(tc task.Context, by aura.SessionID, protocol string) (guard.Request, error) {
	return r.changes(tc, protocol, func(now *current) error {
		if now.By == by {
			now.By = aura.SessionID{}
		}
		return nil
	})
}

// Change returns what makes an upgrade durable: it goes into the batch with the upgrade's fact. [Reconfig.Activate] has the engine
// follow. It returns aura.Stale when sessions begin in another version than from, unless it is to already, and aura.Conflict when
// the protocol is not reserved for the session.
func (r *Reconfig) Change(tc task.Context, by aura.SessionID, protocol string, from, to [32]byte) (guard.Request, error) {
	const op = "session.Change"
	return r.changes(tc, protocol, func(now *current) error {
		switch v, err := r.engine.versions(protocol); {
		case err != nil:
			return err
		case v.Active != from && v.Active != to:
			return aura.Errorf(op, aura.Stale, "sessions of %s begin in version %x, not %x", protocol, v.Active[:4], from[:4])
		case now.By != by:
			return aura.Errorf(op, aura.Conflict, "a change of %s is not reserved for session %s", protocol, aura.Short(by))
		case v.Active == from:
			now.Retired = append(slices.Clone(v.Retired), from)
			now.Retired = now.Retired[max(0, len(now.Retired)-maxRetired):]
		}
		now.Active = to
		return nil
	})
}

// changes returns what makes another state of a protocol's versions durable, unless the state changes before that: nothing for the same one.
func (r *Reconfig) changes(tc task.Context, protocol string, change func(*current) error) (guard.Request, error) {
	e := r.engine
	return ask(tc, e, func(task.Context) (all guard.Request, err error) {
		before, err := e.activate(protocol)
		if err != nil {
			return all, err
		}
		next := e.current[protocol]
		if err := change(&next); err != nil {
			return all, err
		}
		if was, is, key := encode(e.current[protocol]), encode(next), versionKey(protocol); !bytes.Equal(was, is) {
			all.Held, all.Metadata = []guard.Meta{{Key: key, Value: before}}, []guard.Meta{{Key: key, Value: is}}
		}
		return all, nil
	})
}

// Activate has sessions of a protocol begin in the version that the last durable [Reconfig.Change] names. Sessions that run keep theirs.
func (r *Reconfig) Activate(tc task.Context, protocol string) error {
	_, err := settle(tc, r.engine, func(task.Context) ([]byte, error) { return r.engine.activate(protocol) })
	return err
}
