package replica

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// A home that was restored from an older copy, or of which another copy runs, has nothing to say in a context in which
// only its peers know more of it. The hello of the link that leads those of a device therefore sums up which facts of
// the other side's device this side has in every other context that both share, and a link of the other side that
// has others dials.

// summarySize is the length of a summary in bytes: a tag of the context, and one of the newest facts. maxSummaries is
// how many a hello has at most.
const (
	summarySize  = 16
	maxSummaries = 256
)

// contextTag is the beginning of SHA-256 of a label and the ContextID.
func contextTag(c aura.ContextID) (tag [8]byte) {
	sum := sha256.Sum256(append([]byte("aura context in a hello 1\x00"), c[:]...))
	copy(tag[:], sum[:])
	return tag
}

// headsTag is the beginning of SHA-256 of the newest facts of a stream, zero for none.
func headsTag(heads []fact.Place) (tag [8]byte) {
	if len(heads) == 0 {
		return tag
	}
	heads = slices.Clone(heads)
	slices.SortFunc(heads, fact.Place.Compare)
	h := sha256.New()
	for _, p := range heads {
		h.Write(binary.BigEndian.AppendUint64(nil, p.Seq))
		h.Write(p.ID[:])
	}
	copy(tag[:], h.Sum(nil))
	return tag
}

// elsewhere returns the summaries of all other contexts that this side shares with the session's device, when its link
// leads: one after the other, nil otherwise. Of more than a hello has it takes those that the hello before left out first.
func (s *session) elsewhere() ([]byte, error) {
	l := s.link
	if !l.path.leads(l) {
		return nil, nil
	}
	others := slices.DeleteFunc(l.path.all(), func(o *link) bool {
		peer := o.member()
		return o == l || peer.Refused || peer.Left
	})
	var all []byte
	for _, o := range l.path.turn(others, maxSummaries) {
		heads, err := s.env().Journal.Heads(o.namespace(), o.key.device)
		if err != nil {
			return nil, err
		}
		context, sum := contextTag(o.key.context), headsTag(heads)
		all = append(append(all, context[:]...), sum[:]...)
	}
	return all, nil
}

// onElsewhere lets the links dial in whose contexts the peer has other facts of this device than this home.
func (s *session) onElsewhere(tc task.Context, b []byte) error {
	if len(b)%summarySize != 0 || len(b) > maxSummaries*summarySize {
		return aura.Errorf("replica.onElsewhere", aura.Corrupt, "%d bytes of summaries, they have %d each and are at most %d", len(b), summarySize, maxSummaries)
	}
	said := map[[8]byte][8]byte{}
	for ; len(b) > 0; b = b[summarySize:] {
		said[[8]byte(b)] = [8]byte(b[8:])
	}
	for _, o := range s.link.path.all() {
		theirs, ok := said[contextTag(o.key.context)]
		if !ok || o == s.link {
			continue
		}
		heads, err := s.env().Journal.Heads(o.namespace(), s.env().Ring.Device())
		if err != nil {
			return err
		}
		if headsTag(heads) != theirs {
			o.compare()
		}
	}
	return tc.Err()
}

// unequal reports whether the peer lacks facts of this device that another copy of its home had, or has some that this
// home lacks. A session that ends so is begun again, also when nothing else waits for the peer.
func (s *session) unequal() bool {
	had, _ := s.link.ackedThrough()
	s.lock.Lock()
	heads, has := s.peerHeads, s.acked
	s.lock.Unlock()
	// A disk that fails hides what this home has.
	_, unknown, err := s.env().Journal.Behind(s.link.namespace(), s.env().Ring.Device(), heads)
	return has < had || err == nil && len(unknown) > 0
}
