package choreo

import "github.com/aura-runtime/aura/choreo/syntax"

func (b *builder) loop(l *syntax.Loop, next Global) Global {
	switch l.Kind {
	case syntax.LoopDecide:
		return b.decideBy(l, next)
	case syntax.LoopRepeat:
		return b.repeat(l, next)
	case syntax.LoopWhile:
		b.lowers(TierProofOnly, l.Span, "UnsupportedFeature", "a while loop names no role that decides; write loop decide by")
		return next
	}
	return b.recursion("", "Forever", l.Span, func(again Global) Global { return b.block(l.Body, again) })
}

// repeat writes the body out as often as it says.
func (b *builder) repeat(l *syntax.Loop, next Global) Global {
	n, ok := b.bound(l.Count)
	if !ok {
		return next
	}
	if n < 0 || n > maxRepeat {
		return b.unfit(l.Count.Span, "RepeatCount", "a loop repeats 0 to %d times, not %d", maxRepeat, n)
	}
	for range n {
		if !b.spend() {
			break
		}
		next = b.block(l.Body, next)
	}
	return next
}

// decideBy lets the decider choose between another round, told by the first message of the body, and Done,
// sent to all roles that would receive that message.
func (b *builder) decideBy(l *syntax.Loop, next Global) Global {
	done := b.sends(b.firstPairs(l.Body), syntax.Message{Name: syntax.Name{Text: doneLabel}}, nil, next)
	return b.recursion("", loopLabel, l.Span, func(again Global) Global {
		round, ok := b.block(l.Body, again).(*GlobalComm)
		stop, okDone := done.(*GlobalComm)
		if !ok || !okDone || len(round.Branches) != 1 || round.From != stop.From || round.To != stop.To {
			return b.unfit(l.Decider.Span, "InvalidChoice", "the body of the loop must begin with a message from %s", l.Decider)
		}
		return b.choose(round.From, round.To, []GlobalBranch{round.Branches[0], stop.Branches[0]}, l.Span)
	})
}

// firstPairs returns the messages of the first statement that sends.
func (b *builder) firstPairs(list []syntax.Stmt) []pair {
	for _, s := range list {
		switch s := s.(type) {
		case *syntax.Send:
			return b.pairs(s.From, s.To, s.Span)
		case *syntax.Broadcast:
			return b.everyone(s.From)
		case *syntax.CallProtocol:
			return b.firstPairs(b.protocol.helpers[s.Protocol.Text].Body)
		case *syntax.Let:
			if pairs := b.firstPairs(s.In); pairs != nil {
				return pairs
			}
		}
	}
	return nil
}

// par runs its branches one after the other, in the order written: one of the orders that par allows, and
// the same for every role. It refuses branches that share a channel, which would have to be told apart.
func (b *builder) par(s *syntax.Par, next Global) Global {
	taken := map[pair]int{}
	for i, body := range s.Branches {
		for _, p := range b.channels(body) {
			if other, ok := taken[p]; ok && other != i {
				return b.unfit(s.Span, "InconsistentParallel", "branches %d and %d both send from %s to %s", other+1, i+1, p.from, p.to)
			}
			taken[p] = i
		}
	}
	if b.protocol.endless[s] {
		b.lowers(TierProofOnly, s.Span, "UnsupportedFeature", "a branch of par never ends, so the others would never run")
		return next
	}
	b.lowers(TierMachineExecutable, s.Span, "SequencedParallel", "the branches are run one after the other")
	for i := len(s.Branches) - 1; i >= 0; i-- {
		next = b.block(s.Branches[i], next)
	}
	return next
}

// channels lists the pairs of sender and receiver in a block, perhaps repeatedly.
func (b *builder) channels(list []syntax.Stmt) []pair {
	var out []pair
	syntax.Walk(list, func(s syntax.Stmt) {
		if !b.spend() {
			return
		}
		switch s := s.(type) {
		case *syntax.Send:
			out = append(out, b.pairs(s.From, s.To, s.Span)...)
		case *syntax.Broadcast:
			out = append(out, b.everyone(s.From)...)
		case *syntax.CallProtocol:
			out = append(out, b.channels(b.protocol.helpers[s.Protocol.Text].Body)...)
		}
	})
	return out
}
