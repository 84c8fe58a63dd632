package app

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/device"
	"github.com/aura-runtime/aura/domain/enrol"
	"github.com/aura-runtime/aura/domain/invite"
	"github.com/aura-runtime/aura/domain/query"
	"github.com/aura-runtime/aura/domain/session"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Query asks the journal in Datalog, as it is, or as it was at a position. The errors are the agent's:
// [aura.Invalid] for a text that is no query, [aura.NotFound] for a predicate or a position that does not
// exist, [aura.Denied] without the capability for it, [aura.Exhausted] for more than one answer may cost.
func (c *Core) Query(tc task.Context, text string, asOf fact.Position) (query.Result, error) {
	var r query.Result
	err := c.Ask(tc, query.Question, query.Query{Text: text, AsOf: asOf}, &r)
	return r, err
}

// Vocabulary returns the predicates of queries: the fact registry of the agent.
func (c *Core) Vocabulary(tc task.Context) ([]query.Predicate, error) {
	var v query.Vocabulary
	answer, err := c.bridge.Ask(tc, fact.Question{Kind: query.QuestionKinds})
	if err == nil {
		err = fact.UnmarshalAnswer(answer.Payload, &v)
	}
	return v.Predicates, err
}

// Explain asks for the guard's verdict, now, on a small message in a conversation. A capability that no
// domain has declared is [aura.NotFound].
func (c *Core) Explain(tc task.Context, in Ref, name string) (capability.Explanation, error) {
	var e capability.Explanation
	err := c.Ask(tc, capability.QuestionExplain, capability.Explain{Capability: name, Context: in.Context}, &e)
	return e, err
}

// Sessions returns the sessions that live, by name.
func (c *Core) Sessions(tc task.Context) (session.List, error) {
	var all session.List
	if err := c.Ask(tc, session.QuestionList, nil, &all); err != nil {
		return all, err
	}
	each := make([]*session.Session, len(all.Sessions))
	for i := range all.Sessions {
		each[i] = &all.Sessions[i]
	}
	return all, c.identify(tc, each...)
}

// Session returns a session with its steps. It returns [aura.NotFound] for one that does not live.
func (c *Core) Session(tc task.Context, name aura.SessionID) (session.Shown, error) {
	var shown session.Shown
	if err := c.Ask(tc, session.QuestionShow, session.Show{Name: name}, &shown); err != nil {
		return shown, err
	}
	return shown, c.name(tc, &shown)
}

// EndedSessions returns the sessions that have ended, the newest first.
func (c *Core) EndedSessions(tc task.Context) (session.EndedList, error) {
	var all session.EndedList
	if err := c.Ask(tc, session.QuestionEnded, nil, &all); err != nil {
		return all, err
	}
	ended := make([]*session.Ended, len(all.Sessions))
	each := make([]*session.Session, len(all.Sessions))
	for i := range all.Sessions {
		each[i], ended[i] = &all.Sessions[i].Session, &all.Sessions[i]
	}
	if err := c.identify(tc, each...); err != nil || len(ended) == 0 {
		return all, err
	}
	return all, c.explain(tc, ended...)
}

// SessionTrace returns a session with its steps, the decisions of the guard and the events of the machine. It returns
// [aura.Unavailable] for one that has no recording.
func (c *Core) SessionTrace(tc task.Context, name aura.SessionID) (session.Shown, error) {
	var shown session.Shown
	if err := c.Ask(tc, session.QuestionTrace, session.Show{Name: name}, &shown); err != nil {
		return shown, err
	}
	return shown, c.name(tc, &shown)
}

// name adds to a session with its steps what [Core.identify] and [Core.explain] know of it.
func (c *Core) name(tc task.Context, v *session.Shown) error {
	if err := c.identify(tc, &v.Session); err != nil || v.End == nil {
		return err
	}
	ended := session.Ended{Session: v.Session, End: *v.End}
	err := c.explain(tc, &ended)
	v.End = &ended.End
	return err
}

// identify adds who the other side of an invitation or of the enrolment of a device is: its session runs before the two know each other.
func (c *Core) identify(tc task.Context, all ...*session.Session) error {
	all = slices.DeleteFunc(all, func(v *session.Session) bool { return len(v.Others) != 1 || !v.Others[0].Authority.IsZero() })
	if len(all) == 0 {
		return nil
	}
	enrolments, err := c.Enrolments(tc)
	if err != nil {
		return err
	}
	for _, v := range all {
		if e, known := enrolmentOf(enrolments, v); known && e.Device == c.Device() {
			v.Others[0].Authority, v.Others[0].Device = c.Self(), e.Sponsor
		} else if known {
			v.Others[0].Device = e.Device
			if e.Phase == enrol.PhaseListed || e.Phase == enrol.PhaseJoined {
				v.Others[0].Authority = c.Self()
			}
		}
	}
	invitations, err := c.invitations(tc)
	if err != nil {
		return err
	}
	return c.directory.read(tc, c.bridge, func(f *fold) {
		for _, v := range all {
			in, known := invitations.Invitation(invite.ID(v.Context), tc.Now())
			if known && in.Direction == invite.DirectionSent { // several may have tried it, each in a session of its own
				var cert fact.Certificate
				cert, known = f.contacts.Certificate(in.Context)
				known = known && invite.SessionOf(in.ID, cert.Agreement) == v.Name
			}
			if known {
				v.Others[0].Authority = in.Authority
			}
		}
	})
}

// enrolmentOf returns the enrolment of the device that plays in a session. A line serves one device, to which alone its sponsor sends more than an
// offer and a refusal.
func enrolmentOf(all []enrol.Enrolment, v *session.Session) (enrol.Enrolment, bool) {
	for _, e := range all {
		if e.ID == enrol.ID(v.Context) && !e.Device.IsZero() && (v.Sent > 2 || v.Received > 1) {
			return e, true
		}
	}
	return enrol.Enrolment{}, false
}

// explain says of the enrolments of devices that were played to their end and did not let the device join why.
func (c *Core) explain(tc task.Context, all ...*session.Ended) error {
	const refused = "no device has joined"
	enrolments, err := c.Enrolments(tc)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.End.Kind != session.EndCompleted || !slices.ContainsFunc(enrolments, func(e enrol.Enrolment) bool { return e.ID == enrol.ID(v.Session.Context) }) {
			continue
		}
		switch e, known := enrolmentOf(enrolments, &v.Session); {
		case !known:
			v.End.Reason = refused
		case e.Phase == enrol.PhaseEnded:
			v.End.Reason = refused + ": " + e.Reason
		}
	}
	return nil
}

// SessionReplay has the recording of a session played on a fresh machine. The errors are those of [Core.SessionTrace]: that the
// replay departs is none.
func (c *Core) SessionReplay(tc task.Context, name aura.SessionID) (session.Replayed, error) {
	var again session.Replayed
	err := c.Ask(tc, session.QuestionReplay, session.Show{Name: name}, &again)
	return again, err
}

// MoveSession gives a session to another device of the account, and returns when that device acts on it. It returns [aura.Stale] for a
// session that has ended or a device that is not connected, [aura.Denied] for a device that is none of the account's and for a request
// whose extent is not stated or not allowed, and the reason of a device that refuses: in these cases the session goes on here.
// [aura.Unavailable] means that it was given away, and that the device has not said yet that it acts.
func (c *Core) MoveSession(tc task.Context, m session.MoveIntent) error {
	_, err := c.submit(tc, session.IntentMove, m)
	return err
}

// Devices returns the devices of the owner's account.
func (c *Core) Devices(tc task.Context) (device.Roster, error) {
	var all device.Roster
	err := c.Ask(tc, device.QuestionRoster, device.Whose{}, &all)
	return all, err
}

// Synced returns how far the other devices of the owner's account have what this one has.
func (c *Core) Synced(tc task.Context) (device.SyncList, error) {
	var all device.SyncList
	err := c.Ask(tc, device.QuestionSync, nil, &all)
	return all, err
}

// Ask puts one question of a module to the agent and decodes its answer into result. The errors are the agent's:
// [aura.NotFound] for a question that no module of the agent has.
func (c *Core) Ask(tc task.Context, kind string, payload, result any) error {
	body, err := fact.Marshal(payload)
	if err != nil {
		return err
	}
	answer, err := c.bridge.Ask(tc, fact.Question{Kind: kind, Payload: body})
	if err != nil {
		return err
	}
	if err := fact.UnmarshalAnswer(answer.Payload, result); err != nil {
		return &aura.Error{Op: "app.Ask", Kind: aura.Corrupt, Err: err}
	}
	return nil
}
