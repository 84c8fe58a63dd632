package service

import (
	"errors"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// pieceRoom is how many bytes of content one piece has: its message has 64 KiB at most.
const pieceRoom = 56 << 10

// secretSize is more than the bytes of one encoded [enrol.Secret].
const secretSize = 80

// errFull says that a piece has no more room.
var errFull = errors.New("the piece is full")

// pieceFor answers a device that asks for the next piece. A device that is listed no more gets none: aura.Denied.
func (s *Sponsor) pieceFor(tc task.Context, id enrol.ID, asked []byte) ([]byte, error) {
	const op = "service.Sponsor"
	now, phase := tc.Now(), enrol.Phase(0)
	s.env.Directory.Read(func(d *directory.State) {
		e, _ := d.Enrolments.Enrolment(id, now)
		phase = e.Phase
	})
	if phase != enrol.PhaseListed {
		return nil, aura.Errorf(op, aura.Denied, "the device is %s, and only a listed one learns what the account knows", phase)
	}
	var from enrol.Cursor
	if err := fact.Unmarshal(asked, &from); err != nil {
		return nil, aura.Errorf(op, aura.Corrupt, "the question for a piece does not decode")
	}
	piece, err := s.piece(tc, from)
	if err != nil {
		return nil, err
	}
	return fact.Marshal(piece)
}

// piece returns what follows a cursor.
func (s *Sponsor) piece(tc task.Context, from enrol.Cursor) (enrol.Piece, error) {
	piece := enrol.Piece{Next: from}
	room := pieceRoom
	if done, err := s.entriesFor(tc, &piece, &room); err != nil || !done {
		return piece, err
	}
	if done, err := s.factsFor(tc, &piece, &room); err != nil || !done {
		return piece, err
	}
	return piece, s.secretsFor(&piece, &room)
}

// entriesFor adds the entries of the roster, each after those before it. It reports whether all are there.
func (s *Sponsor) entriesFor(tc task.Context, piece *enrol.Piece, room *int) (bool, error) {
	now := tc.Now().At
	var all []roster.Entry
	s.env.Directory.Read(func(d *directory.State) {
		all = d.Devices.Chain(s.env.Ring.Authority(), s.env.Ring.Certificate(), now).Current(now)
	})
	for i := min(int(piece.Next.Entries), len(all)); i < len(all); i++ {
		b, err := all[i].Encode()
		if err != nil {
			return false, err
		}
		if len(b) > *room {
			return false, nil
		}
		*room -= len(b)
		piece.Entries = append(piece.Entries, b)
		piece.Next.Entries++
	}
	return true, nil
}

// factsFor adds facts of the own namespace. It reports whether all are there. Void ones go too: facts behind them may count, and the
// new device finds out by itself which are void.
func (s *Sponsor) factsFor(tc task.Context, piece *enrol.Piece, room *int) (bool, error) {
	own := fact.Selection{Namespaces: []fact.Namespace{fact.OwnNamespace(s.env.Ring.Authority())}, After: piece.Next.After}
	_, err := s.env.Journal.ReadStored(tc, own, func(r fact.Record) error {
		b := r.Encode()
		switch {
		case len(b) <= pieceRoom && len(b) > *room:
			return errFull
		case len(b) <= pieceRoom:
			*room -= len(b)
			piece.Facts = append(piece.Facts, b)
			piece.Next.After = r.Position
			return nil
		case *room < pieceRoom:
			return errFull // a part stands alone
		}
		at := min(int(piece.Next.Bytes), len(b))
		piece.Part = b[at:min(at+*room, len(b))]
		if piece.Next.Bytes += uint32(len(piece.Part)); int(piece.Next.Bytes) >= len(b) {
			piece.Next.Bytes, piece.Next.After, piece.Last = 0, r.Position, true
		}
		return errFull
	})
	if errors.Is(err, errFull) {
		return false, nil
	}
	return err == nil, err
}

// secretsFor adds the secrets of the contexts that the account shares.
func (s *Sponsor) secretsFor(piece *enrol.Piece, room *int) error {
	var all []aura.ContextID
	s.env.Directory.Read(func(d *directory.State) { all = SharedContexts(d) })
	slices.SortFunc(all, aura.ContextID.Compare)
	for _, context := range slices.Compact(all) {
		if context.Compare(piece.Next.Context) <= 0 {
			continue
		}
		if *room < secretSize {
			return nil
		}
		*room -= secretSize
		value, err := s.env.Journal.Meta(domain.SecretKey(context))
		if err != nil {
			return err
		}
		if piece.Next.Context = context; len(value) == 32 {
			piece.Secrets = append(piece.Secrets, enrol.Secret{Context: context, Secret: [32]byte(value)})
		}
	}
	piece.Last = true
	return nil
}

// SharedContexts returns those that the owner shares with contacts and groups.
func SharedContexts(d *directory.State) (all []aura.ContextID) {
	for _, c := range d.Contacts.Contacts() {
		all = append(all, c.Context)
	}
	return append(all, d.Chats.Groups()...)
}
