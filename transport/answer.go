package transport

import (
	"bytes"
	"errors"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/world"
)

// replayMemory is how many first cells a hub remembers.
const replayMemory = 4096

// replays remembers the newest first cells. An older replay costs the responder an answer that
// is useless to the sender: it opens nothing, since only the initiator can make the sealed cell that follows.
type replays struct {
	known map[[16]byte]struct{}
	ring  [][16]byte
	next  int
}

// add reports whether the first cell is new, and remembers it.
func (r *replays) add(first [16]byte) bool {
	if _, ok := r.known[first]; ok {
		return false
	}
	if r.known == nil {
		r.known = make(map[[16]byte]struct{})
	}
	if len(r.ring) < replayMemory {
		r.ring = append(r.ring, first)
	} else {
		delete(r.known, r.ring[r.next])
		r.ring[r.next] = first
		r.next = (r.next + 1) % replayMemory
	}
	r.known[first] = struct{}{}
	return true
}

// serve takes the links that peers open and answers each in a task of its own.
func (h *Hub) serve(tc task.Context) error {
	defer h.accepted.Close()
	for {
		link, err := h.network.Accept(tc)
		if err != nil {
			return nil // the network closed, or this group was cancelled
		}
		h.lock.Lock()
		admitted := h.halfOpen < h.options.HalfOpen
		if admitted {
			h.halfOpen++
		} else {
			h.stats.Busy++
		}
		h.lock.Unlock()
		if !admitted {
			link.Close()
			reject(tc, "too many half-open links", aura.Exhausted)
			continue
		}
		h.group.Go("transport.answer", func(tc task.Context) error {
			h.answer(tc, link)
			h.lock.Lock()
			h.halfOpen--
			h.lock.Unlock()
			return nil
		})
	}
}

func reject(tc task.Context, why world.Text, kind aura.Kind) {
	tc.Emit(world.IngressRejected("transport", why, kind))
}

// refused is why an incoming link was closed, and which count it adds to.
type refused struct {
	why   world.Text
	kind  aura.Kind
	count func(*HubStats)
}

// answer runs the responder's half of a handshake. After any failure the link is closed, counted and
// reported, and the other side learns nothing.
func (h *Hub) answer(tc task.Context, link Link) {
	tc, done := tc.WithBudget("transport.answer", h.options.HandshakeWithin)
	defer done()
	first := make([]byte, CellSize)
	if err := link.Recv(tc, first); err != nil {
		h.refuse(tc, link, refused{"handshake did not end", aura.KindOf(err), func(s *HubStats) { s.Unproven++ }})
		return
	}
	secret, why := h.findSecret(tc, link, first)
	if why != nil {
		h.refuse(tc, link, *why)
		return
	}
	s, reply, err := respond(h.identity, &secret, first, h.entropy)
	if err != nil {
		h.refuse(tc, link, refused{"static key refused", aura.Denied, func(s *HubStats) { s.Refused++ }})
		return
	}
	h.lock.Lock()
	fresh := h.replays.add(fingerprint(first))
	h.lock.Unlock()
	if !fresh {
		h.refuse(tc, link, refused{"first cell replayed", aura.Denied, func(s *HubStats) { s.Replayed++ }})
		return
	}
	h.awaitProof(tc, link, secret.Context, s, first, reply[:])
}

// findSecret checks the shape of a first cell and finds its context. It answers a cell of another version,
// since its sender can do something about it.
func (h *Hub) findSecret(tc task.Context, link Link, first []byte) (Secret, *refused) {
	kind, err := cellKind(first)
	if err != nil || kind != kindFirst {
		var version *VersionError
		if errors.As(err, &version) {
			_ = link.Send(tc, refusal()) // best effort: the link is closed either way
		}
		return Secret{}, &refused{"malformed first cell", aura.Corrupt, func(s *HubStats) { s.Malformed++ }}
	}
	secret, ok := h.directory.ByTag(Tag(first[tagAt:firstAt]))
	if !ok {
		return Secret{}, &refused{"unknown context", aura.NotFound, func(s *HubStats) { s.UnknownTag++ }}
	}
	return secret, nil
}

func (h *Hub) refuse(tc task.Context, link Link, why refused) {
	link.Close()
	h.count(why.count)
	reject(tc, why.why, why.kind)
}

// awaitProof sends the reply and waits for the sealed cell which shows that the first one was no replay and
// that the peer knows the context's secret. Then the channel opens.
func (h *Hub) awaitProof(tc task.Context, link Link, context aura.ContextID, s session, first, reply []byte) {
	p := pair{context, s.remote}
	if !h.beginAnswer(tc, p, link.Peer()) {
		link.Close()
		return
	}
	cell, err := h.receiveProof(tc, link, s.recv, first, reply)
	if err == nil {
		h.open(newChannel(tc, h, link, context, s, false), cell, nil)
	}
	h.lock.Lock()
	m := h.state(p)
	m.answered--
	h.wake(p, m)
	h.lock.Unlock()
	if err != nil {
		h.refuse(tc, link, refused{"handshake did not end", aura.KindOf(err), func(s *HubStats) { s.Unproven++ }})
		return
	}
	tc.Emit(world.IngressAccepted("transport", "channel"))
}

// beginAnswer announces that a first cell is about to be answered. The smaller side lets its own dial finish
// before, and then reports false if that gave a channel.
func (h *Hub) beginAnswer(tc task.Context, p pair, peer PeerID) bool {
	smaller := h.network.Self().Compare(peer) < 0
	held, answer := false, true
	err := h.until(tc, p, func(m *pairState) bool {
		if smaller && m.dial != nil && m.dial.shaking {
			held = true
			return false
		}
		if answer = !held || m.live == nil; answer {
			m.answered++
		}
		return true
	})
	return err == nil && answer
}

// receiveProof returns the first data cell that opens under keys, still sealed. A first cell that arrives again
// is answered again.
func (h *Hub) receiveProof(tc task.Context, link Link, keys sealKeys, first, reply []byte) ([]byte, error) {
	cell, trial := make([]byte, CellSize), make([]byte, CellSize)
	if err := link.Send(tc, reply); err != nil {
		return nil, err
	}
	for {
		if err := link.Recv(tc, cell); err != nil {
			return nil, err
		}
		switch kind, err := cellKind(cell); {
		case err != nil:
		case kind == kindFirst && bytes.Equal(cell, first):
			if err := link.Send(tc, reply); err != nil {
				return nil, err
			}
		case kind == kindData:
			copy(trial, cell)
			o := opener{keys: keys}
			if _, _, err := o.open(trial); err == nil {
				return cell, nil
			}
		}
	}
}
