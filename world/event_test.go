package world_test

import (
	"strings"
	"testing"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/world"
)

// TestEventsHaveTheFieldsOfTheDocument builds one event of every constructor and reads it as a person does.
func TestEventsHaveTheFieldsOfTheDocument(t *testing.T) {
	session, op, id := aura.SessionID{1}, aura.OperationID{2}, aura.FactID{3}
	s, o, f, c := session.String(), op.String(), id.String()[:len("fact_")+25], session.String()[:len("sess_")+25]
	for _, c := range []struct {
		event world.Event
		want  string
	}{
		{world.RuntimeStarted("agent"), `runtime start service="agent"`},
		{world.RuntimeStopped("agent", aura.Timeout), `runtime stop service="agent" error_kind="timeout"`},
		{world.NetworkChanged("sync"), `runtime network changed service="sync"`},
		{world.ServiceMoved("sync", "agent", named("running"), named("failed"), aura.Internal),
			`service.lifecycle failed service="sync" owner="agent" from_state="running" to_state="failed" error_kind="internal"`},
		{world.ServiceTroubled("reactive", "subscriber lags", "app:chat", aura.Exhausted),
			`service.health subscriber lags service="reactive" subject="app:chat" error_kind="exhausted"`},
		{world.TaskSpawned("serve", "up/agent"), `task spawn task="serve" owner="up/agent"`},
		{world.TaskDone("serve", "up/agent", nil), `task done task="serve" owner="up/agent"`},
		{world.TaskFailed("serve", "up/agent", aura.Denied), `task fail task="serve" owner="up/agent" error_kind="denied"`},
		{world.TaskAborted("serve", "up/agent", aura.Cancelled), `task abort task="serve" owner="up/agent" error_kind="cancelled"`},
		{world.SessionClaimed(session, "f", "o", "canonical"), `session claim fragment_key="f" owner="o" profile="canonical" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.SessionReleased(session, "f", "o"), `session release fragment_key="f" owner="o" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.SessionFailed(session, "f", "o", aura.Stale), `session fail fragment_key="f" owner="o" session_id="` + s + `" error_kind="stale" correlation_id="` + c + `"`},
		{world.IngressAccepted("transport", "channel"), `ingress accepted service="transport" subject="channel"`},
		{world.IngressRejected("transport", "unknown context", aura.NotFound),
			`ingress rejected service="transport" reason="unknown context" error_kind="not found"`},
		{world.IngressDropped("sync", "too many strangers", aura.Exhausted),
			`ingress dropped service="sync" reason="too many strangers" error_kind="exhausted"`},
		{world.DelegationStarted(session, "f", "a", "b"), `delegation start fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.DelegationCommitted(session, "f", "a", "b"), `delegation commit fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.DelegationRolledBack(session, "f", "a", "b", aura.Stale),
			`delegation rollback fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" error_kind="stale" correlation_id="` + c + `"`},
		{world.DelegationRejected(session, "f", "a", "b", aura.Denied),
			`delegation reject fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" error_kind="denied" correlation_id="` + c + `"`},
		{world.LinkRouted(session, "f", "a", "b"), `link route fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.LinkRejected(session, "f", "a", "b", aura.Denied),
			`link reject fragment_key="f" from_owner="a" to_owner="b" session_id="` + s + `" error_kind="denied" correlation_id="` + c + `"`},
		{world.ProfileSelected(session, "f", "envelope", "disjoint"),
			`concurrency.profile select fragment_key="f" profile="envelope" reason="disjoint" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.ProfileFellBack(session, "f", "envelope", named("not admitted")),
			`concurrency.profile fallback fragment_key="f" profile="envelope" reason="not admitted" session_id="` + s + `" correlation_id="` + c + `"`},
		{world.ConnectionUp("sync", "relayed"), `connection up service="sync" subject="relayed"`},
		{world.ConnectionDown("sync", aura.Stale), `connection down service="sync" error_kind="stale"`},
		{world.FactCommitted("journal", id), `message commit service="journal" correlation_id="` + f + `"`},
		{world.FactReleased("sync", id), `message release service="sync" correlation_id="` + f + `"`},
		{world.FactReceived("sync", id), `message receive service="sync" correlation_id="` + f + `"`},
		{world.FactAcknowledged("sync", id), `message acknowledge service="sync" correlation_id="` + f + `"`},
		{world.BudgetWaits("sync", "delivery:resend", named("flow budget"), named("used up"), id),
			`budget wait service="sync" capability="delivery:resend" stage="flow budget" reason="used up" correlation_id="` + f + `"`},
		{world.EpochTurned("interp", 7), `budget turn service="interp" epoch="7"`},
		{world.GuardAllowed("chat:send", op, id),
			`guard allow capability="chat:send" correlation_id="` + f + `" operation_id="` + o + `"`},
		{world.GuardDenied("chat:send", named("flow budget"), named("used up"), op),
			`guard deny capability="chat:send" stage="flow budget" reason="used up" error_kind="denied" correlation_id="` + o[:len("op_")+25] + `"`},
		{world.InvariantViolated("journal", "a fold panicked", id, aura.Internal),
			`invariant violation service="journal" subject="a fold panicked" error_kind="internal" correlation_id="` + f + `"`},
		{world.Simulated("crash", "Agent 1"), `simulation crash service="Agent 1"`},
	} {
		if got := c.event.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestOneMessageHasOneCorrelationEverywhere(t *testing.T) {
	id := aura.FactID{1, 2, 3}
	here, ok := world.GuardAllowed("chat:send", aura.OperationID{9}, id).Correlation()
	there, also := world.InvariantViolated("journal", "order", id, nil).Correlation()
	if !ok || !also || here != there {
		t.Errorf("%x and %x of the same message", here, there)
	}
	if !strings.HasPrefix(id.String(), world.GuardAllowed("chat:send", aura.OperationID{9}, id).Field("correlation_id")) {
		t.Error("the identifier does not begin as the fact's does")
	}
	if _, ok := world.TaskSpawned("t", "g").Correlation(); ok {
		t.Error("an event about no message has a correlation")
	}
}

func TestAnEventKeepsWhoItNames(t *testing.T) {
	for _, c := range []struct {
		event       world.Event
		task, owner string
	}{
		{world.IngressAccepted("transport", "channel").By("t", "o"), "t", "o"},
		{world.TaskSpawned("serve", "up/agent").By("t", "o"), "serve", "up/agent"},
		{world.TaskSpawned("serve", "").By("t", "o"), "serve", "o"},
	} {
		if c.event.Task() != c.task || c.event.Owner() != c.owner {
			t.Errorf("%v is of task %q and owner %q, want %q and %q", c.event, c.event.Task(), c.event.Owner(), c.task, c.owner)
		}
	}
}

func TestDifferentEventsHaveDifferentBytes(t *testing.T) {
	seen := map[string]world.Event{}
	for _, e := range []world.Event{
		world.TaskSpawned("ab", "c"), world.TaskSpawned("a", "bc"), world.TaskSpawned("a", ""), world.TaskSpawned("", "a"),
		world.TaskDone("a", "", nil), world.TaskDone("a", "", aura.Denied), world.TaskFailed("a", "", aura.Denied),
		world.GuardAllowed("a", aura.OperationID{1}, aura.FactID{}), world.GuardAllowed("a", aura.OperationID{}, aura.FactID{1}),
		world.SessionReleased(aura.SessionID{1}, "", ""), world.SessionReleased(aura.SessionID{2}, "", ""),
	} {
		b, err := e.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[string(b)]; ok {
			t.Errorf("%v and %v have the same bytes", e, other)
		}
		seen[string(b)] = e
	}
}
