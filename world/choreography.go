package world

import (
	"fmt"
	"log/slog"

	"github.com/aura-runtime/aura"
)

// The events of choreographies. The delivery sessions, which run on the protocol machine, are the first to
// report them; the runtime document fixes their families and fields.

// SessionClaimed says that an owner took a fragment of a session.
func SessionClaimed(session aura.SessionID, fragment, owner, profile string) Event {
	return Event{
		family: FamilySession, message: "claim", level: slog.LevelDebug,
		session: session, fragment: fragment, owner: owner, profile: profile,
	}
}

// SessionReleased says that the owner gave a fragment back.
func SessionReleased(session aura.SessionID, fragment, owner string) Event {
	return Event{
		family: FamilySession, message: "release", level: slog.LevelDebug,
		session: session, fragment: fragment, owner: owner,
	}
}

// SessionFailed says that a fragment ended in a failure while the owner had it.
func SessionFailed(session aura.SessionID, fragment, owner string, err error) Event {
	kind := aura.KindOf(err)
	return Event{
		family: FamilySession, message: "fail", level: levelOf(kind),
		session: session, fragment: fragment, owner: owner, kind: kind,
	}
}

// DelegationStarted says that a fragment is about to go from one owner to another.
func DelegationStarted(session aura.SessionID, fragment, from, to string) Event {
	return handover("start", session, fragment, from, to, nil)
}

// DelegationCommitted says that the fragment is the new owner's.
func DelegationCommitted(session aura.SessionID, fragment, from, to string) Event {
	return handover("commit", session, fragment, from, to, nil)
}

// DelegationRolledBack says that the fragment stays with its owner, because of err.
func DelegationRolledBack(session aura.SessionID, fragment, from, to string, err error) Event {
	return handover("rollback", session, fragment, from, to, err)
}

// DelegationRejected says that a delegation did not begin, because of err.
func DelegationRejected(session aura.SessionID, fragment, from, to string, err error) Event {
	return handover("reject", session, fragment, from, to, err)
}

func handover(message Text, session aura.SessionID, fragment, from, to string, err error) Event {
	kind := aura.KindOf(err)
	return Event{
		family: FamilyDelegation, message: message, level: levelOf(kind), session: session, fragment: fragment,
		fromOwner: from, toOwner: to, kind: kind,
	}
}

// LinkRouted says that an effect crossed the boundary between two linked fragments.
func LinkRouted(session aura.SessionID, fragment, from, to string) Event {
	return Event{
		family: FamilyLink, message: "route", level: slog.LevelDebug, session: session, fragment: fragment,
		fromOwner: from, toOwner: to,
	}
}

// LinkRejected says that an effect was refused at the boundary between two fragments.
func LinkRejected(session aura.SessionID, fragment, from, to string, err error) Event {
	return Event{
		family: FamilyLink, message: "reject", level: slog.LevelWarn, session: session, fragment: fragment,
		fromOwner: from, toOwner: to, kind: aura.KindOf(err),
	}
}

// ProfileSelected says with which concurrency a fragment runs, and the evidence that admitted it.
func ProfileSelected(session aura.SessionID, fragment, profile string, evidence Text) Event {
	return Event{
		family: FamilyConcurrency, message: "select", level: slog.LevelDebug, session: session, fragment: fragment,
		profile: profile, reason: evidence,
	}
}

// ProfileFellBack says that a fragment runs on the canonical path because the profile was not admitted, and why.
func ProfileFellBack(session aura.SessionID, fragment, profile string, why fmt.Stringer) Event {
	return Event{
		family: FamilyConcurrency, message: "fallback", level: slog.LevelInfo, session: session, fragment: fragment,
		profile: profile, reason: Text(why.String()),
	}
}
