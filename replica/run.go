package replica

import (
	"errors"
	"time"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/status"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/transport"
	"github.com/aura-runtime/aura/world"
)

// A session that ends before hasty is followed by a pause, also when the peer has opened a channel already. After one
// that lasted, the pauses begin anew.
const (
	hasty      = time.Second
	hastyPause = 100 * time.Millisecond
	lasting    = time.Minute
)

// dismissedOften is after how many hasty sessions in a row which the peer ended after its hello that is shown: a restart
// or a change of channels ends one or two.
const dismissedOften = 6

// A channel that broke is there again at once or, when a network changes, after some seconds; trying more
// often than once a minute does not help after that.
const redialBase, redialMost = 500 * time.Millisecond, time.Minute

// redial paces new sessions after one that ended, and records after a disk that failed. An
// absent device is dialled by the pauses of its [path].
func redial() task.Backoff {
	return task.Backoff{Base: redialBase, Max: redialMost, Factor: 2, Jitter: 0.3}
}

// run is the link's task.
func (l *link) run(tc task.Context) error {
	pause := redial()
	for {
		channel, err := l.nextChannel(tc)
		if err != nil {
			return err
		}
		if channel == nil {
			continue
		}
		if l.listed() != nil {
			channel.Close(tc)
			continue
		}
		began := tc.Elapsed()
		l.fresh, l.greeted = false, false
		l.path.sessionOpened(l)
		err = l.session(tc, channel)
		l.path.sessionClosed()
		lasted := tc.Elapsed() - began
		if lasted < hasty {
			// A peer that opens one channel after the other must not keep this agent busy.
			_ = tc.Sleep(hastyPause)
		}
		if tc.Err() != nil {
			return tc.Err()
		}
		if _, panicked := errors.AsType[*task.PanicError](err); panicked {
			tc.Emit(world.InvariantViolated("sync", "a session panicked, the link begins another one", aura.FactID{}, err))
		}
		reason := reasonOffline
		if d, own := denial(err); own {
			reason = l.withClocks(tc, denialText(d))
		} else if _, older := errors.AsType[*olderError](err); older {
			reason = reasonOlder
		} else if full, branched := errors.AsType[*journal.BranchError](err); branched {
			tc.Emit(world.IngressRejected(syncName, "more than 16 copies of a home wrote", err))
			if reason = branchesThere; full.Device == l.sync.env.Ring.Device() {
				reason = branchesHere
			}
		} else if isBreach(err) {
			tc.Emit(world.IngressRejected(syncName, "session broke the protocol", err))
			reason = l.withClocks(tc, breachText(err))
		} else if l.dismisses(lasted, err) {
			switch {
			case l.refusesBranch():
				reason = branchesHere
			case !l.sync.runsTwice(tc.Now().At): // else the peer leaves for the other copy
				reason = l.withClocks(tc, reasonDismiss)
			}
		}
		if peer := l.member(); peer.Refused || peer.Left {
			continue
		}
		l.publishOffline(tc, reason)
		// A peer that ends every session at once is given the same pauses as one that is not there.
		if tc.Elapsed()-began > lasting {
			pause = redial()
		}
		if err := l.awaitRetry(tc, max(l.epochTurn(tc, err), pause.Next(l.sync.env.Entropy))); err != nil {
			return err
		}
	}
}

// dismisses counts the sessions that the peer ended at once after its hello, and reports whether it does so each time.
func (l *link) dismisses(lasted aura.Duration, err error) bool {
	switch {
	case aura.KindOf(err) == aura.Stale: // a newer channel takes its place
	case lasted >= hasty:
		l.dismissed = 0
	case l.greeted:
		l.dismissed++
	}
	return l.dismissed >= dismissedOften
}

// epochTurn returns the time until the epoch turns when its budget is why a dial or a session failed, zero otherwise. See also
// [Replicator.Permitted].
func (l *link) epochTurn(tc task.Context, cause error) aura.Duration {
	if !isShort(cause) {
		return 0
	}
	policy, err := l.sync.env.Frontier.Policy(tc, l.key.context)
	if err != nil {
		return 0
	}
	return untilTurn(policy, tc.Now())
}

// awaitRetry waits before the next attempt, unless the peer has opened a channel meanwhile.
func (l *link) awaitRetry(tc task.Context, d aura.Duration) error {
	channel, ok, err := l.arrivals.RecvUntil(tc, tc.Elapsed()+d)
	if ok && channel != nil {
		l.arrive(tc, channel)
	}
	return err
}

// session runs one session over a channel and ends when the channel does, when the peer breaks the rules,
// when the owner blocks it, or when the peer has opened a newer channel.
func (l *link) session(tc task.Context, c *transport.Channel) error {
	defer l.sessionBegins().Open()
	defer c.Close(tc)
	if !c.Dialled() {
		if err := l.permitted(tc); err != nil {
			return err
		}
	}
	s, err := newSession(l, c)
	if err != nil {
		return err
	}
	if err := s.openStreams(tc); err != nil {
		return err
	}
	defer s.closeStreams(tc)
	certificate := l.sync.env.Ring.Certificate()
	s.own = fact.NewVerifier(certificate.Signing[:])
	l.sync.recorder.watch(s)
	defer l.sync.recorder.unwatch(s)
	// A message that makes this side panic ends the session, and the link begins another one under its
	// backoff: a peer must not end the agent.
	work := task.NewIsolated(tc, "sync.session")
	work.Go("sync.receive", s.receiveLoop)
	work.Go("sync.commit", s.commitLoop)
	work.Go("sync.ack", s.ackLoop)
	work.Go("sync.send", s.sendLoop)
	work.Go("sync.recall", s.recallLoop)
	work.Go("sync.return", s.returnLoop)
	work.Go("sync.evidence", s.evidenceLoop)
	if !s.peer.Left {
		work.Go("sync.sessions", s.sessionsLoop)
	}
	work.Go("sync.addresses", s.addressLoop)
	work.Go("sync.replace", s.replaceLoop)
	err = work.Wait(tc)
	if closing := work.Close(tc, syncGrace); err == nil {
		err = closing
	}
	if s.greeted.Opened() {
		tc.Emit(world.ConnectionDown(syncName, err))
		if s.unequal() {
			l.compare()
		}
	}
	return err
}

// replaceLoop ends the session when there is a reason outside of it.
func (s *session) replaceLoop(tc task.Context) error {
	l := s.link
	for {
		c, err := l.arrivals.Recv(tc)
		switch {
		case err != nil:
			return err
		case c == nil && l.member().Refused:
			return aura.Errorf("replica.replaceLoop", aura.Cancelled, "the owner blocked the peer")
		case c == nil && l.listed() != nil:
			return s.partWith(tc)
		case c != nil && c != s.channel: // a dial may return the channel that is on its way here, too
			l.arrive(tc, c)
			return aura.Errorf("replica.replaceLoop", aura.Stale, "the peer opened a newer channel")
		}
	}
}

// breachText says how the peer broke a rule, for a person.
func breachText(err error) string {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return status.ReasonRefused + ": " + refused.kind
	}
	return reasonBreach
}

// isBreach reports whether a session ended because the peer broke a rule.
func isBreach(err error) bool {
	switch aura.KindOf(err) {
	case aura.Denied, aura.Corrupt, aura.Invalid:
		return true
	}
	return false
}
