package journal

import (
	"cmp"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/fact"
)

// Evidence returns the two facts by which a stream here first shows that it forked: one that came when another fact followed
// its predecessor already, and that other one. It is false for a stream that never had branches, when what it needs was
// collected, and while of each two facts with one predecessor one is of the first format, which names none. It reads the
// facts that came between the predecessor and the first fact behind it, which are few; at most one when there is no such pair.
func (j *Journal) Evidence(ns fact.Namespace, device aura.DeviceID) (e fact.Evidence, found bool, err error) {
	id := streamID{ns, device}
	s, err := j.durable(id)
	if err != nil || s.calm == nil {
		return e, false, err
	}
	number := s.split
	if number == 0 && s.roots == nil {
		number = s.straight() + 1 // an earlier build may have stored it, and kept nothing of it but where the first branch began
	}
	branch, found, err := j.byNumber(ns, device, number)
	if err != nil || !found || branch.Fact.Seq == 0 {
		return e, false, err
	}
	preds := slices.Clone(branch.Fact.Predecessors())
	if len(preds) == 0 {
		preds = []fact.Place{{}}
	}
	slices.SortFunc(preds, func(a, b fact.Place) int { return cmp.Compare(b.Seq, a.Seq) }) // the last one has the fewest facts behind it
	for _, p := range preds {
		if e, found, err = j.sibling(id, &s, &branch, p); err != nil || found {
			return e, found, err
		}
	}
	return e, false, nil
}

// sibling looks for a fact that follows a predecessor of a later one too; the zero place stands for none.
func (j *Journal) sibling(id streamID, s *stream, branch *fact.Record, p fact.Place) (e fact.Evidence, found bool, err error) {
	at := numberedHead{head: head{plain: p == fact.Place{}}}
	if !at.plain {
		if at, _, err = j.named(nil, id, s, p); err != nil {
			return e, false, err
		}
	}
	from, through := max(at.number, s.collected)+1, branch.Number-1
	if at.plain {
		from = s.root(p, at.number)
		through = from // one that follows a row of the first format is known, or there is none
	}
	for limit := 1; from > 0 && from <= through; limit = pageSize {
		records, err := j.ByAuthor(id.namespace, id.device, from, min(limit, int(through-from)+1))
		if aura.KindOf(err) == aura.NotFound { // collected
			return e, false, nil
		}
		if err != nil || len(records) == 0 {
			return e, false, err
		}
		for i := range records {
			if e, err := fact.NewEvidence(branch, &records[i]); err == nil {
				return e, true, nil
			}
		}
		from += uint64(len(records))
	}
	return e, false, nil
}

// byNumber returns the fact of a stream with a number, and false when it was collected.
func (j *Journal) byNumber(ns fact.Namespace, device aura.DeviceID, number uint64) (r fact.Record, found bool, err error) {
	records, err := j.ByAuthor(ns, device, number, 1)
	if aura.KindOf(err) == aura.NotFound {
		return r, false, nil
	}
	if err != nil || len(records) == 0 || records[0].Number != number {
		return r, false, err
	}
	return records[0], true, nil
}

// extend notes, before it is added, a fact that signs its place and follows heads alone. It is the first behind each of them.
func (s *stream) extend(preds []fact.Place) {
	if s.calm == nil || s.split > 0 {
		return // see root
	}
	for _, h := range s.heads() {
		if h.plain && slices.Contains(preds, h.place) {
			s.takeRoot(h.place)
		}
	}
}

// part notes, before it is added, a fact that signs its place and follows others, not all of them heads; none: it begins the
// stream once more. It parts from the first fact behind one of them. That one shows it, too, if it names what it follows: when it
// is of the first format no later fact may do either.
func (s *stream) part(behind []numberedHead) {
	if len(behind) == 0 {
		behind = []numberedHead{{head: head{plain: true}}}
	}
	heads := s.heads()
	for i := range behind {
		p := &behind[i]
		switch is := func(h head) bool { return h.place == p.place }; {
		case s.split > 0:
			return
		case !p.plain && slices.ContainsFunc(heads, is):
		case !p.plain || s.root(p.place, p.number) > 0:
			s.split = s.count + 1
		default:
			s.takeRoot(p.place)
		}
	}
}

// root returns the number of the first fact that signs its place behind a row of the first format, which has a number; zero:
// none is known. Behind the zero place the stream begins.
func (s *stream) root(row fact.Place, number uint64) uint64 {
	if number == s.plain && number < s.straight() {
		return number + 1
	}
	if i := slices.IndexFunc(s.roots, func(r root) bool { return r.Row == row }); i >= 0 {
		return s.roots[i].Number
	}
	return 0
}

// takeRoot notes that the next fact is the first which signs its place behind a row of the first format.
func (s *stream) takeRoot(row fact.Place) {
	if len(s.roots) < maxRoots {
		s.roots = append(slices.Clip(s.roots), root{row, s.count + 1})
	}
}
