package agent

import (
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/egress"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// explain returns the guard's decision, now, about a message of the smallest size, and its reasons.
func (a *Agent) explain(tc task.Context, q capability.Explain) (capability.Explanation, error) {
	const op = "agent.explain"
	if !slices.Contains(a.set.Registry().Capabilities(), q.Capability) {
		return capability.Explanation{}, aura.Errorf(op, aura.NotFound, "there is no capability %.80q", q.Capability)
	}
	req := a.smallest(q)
	if !q.Context.IsZero() && len(req.Sends) == 0 {
		return capability.Explanation{}, aura.Errorf(op, aura.NotFound, "the conversation has no other member to send to")
	}
	snapshot, verdict, err := a.env.Decider.Chain.DryRun(tc, req)
	if err != nil {
		return capability.Explanation{}, err
	}
	policy, err := a.env.Frontier.Policy(tc, q.Context)
	if err != nil {
		return capability.Explanation{}, err
	}
	e := capability.Explanation{Capability: q.Capability, Allowed: verdict.Allowed}
	if !verdict.Allowed {
		e.Stage, e.Reason = verdict.Denial.Stage.String(), verdict.Denial.Reason.String()
	}
	e.Tokens = a.env.Frontier.Explain(frontier.Claim{Context: q.Context, Authority: a.Self(), Now: snapshot.Now}, q.Capability)
	for i := range snapshot.Budgets {
		e.Budgets = append(e.Budgets, budget(&snapshot.Budgets[i], policy, snapshot.Now, verdict.Waiting))
	}
	if len(req.Sends) > 0 {
		e.Leaks = leaks(&snapshot.Leakage)
	}
	return e, nil
}

// smallest is a request for one small message to all other members of a context. It is never carried out.
func (a *Agent) smallest(q capability.Explain) *guard.Request {
	control, form := egress.IsControl(q.Capability), guard.FormFacts
	if control {
		form = guard.FormControl
	}
	req := &guard.Request{Capability: q.Capability, Context: q.Context, Authority: a.Self(), Queue: !control}
	for _, p := range a.env.Directory.Members() {
		if p.Context == q.Context {
			req.Sends = append(req.Sends, guard.Send{Peer: p.Authority, Cost: guard.CostOf(0), Leak: guard.LeakOf(0), Form: form})
		}
	}
	if len(req.Sends) > 0 && !control {
		req.Entries = []fact.Draft{{Namespace: fact.ContextNamespace(q.Context), Kind: capability.QuestionExplain}}
	}
	return req
}

func budget(h *guard.Headroom, p guard.Policy, now aura.Physical, waiting []guard.Waiting) capability.Budget {
	turning := guard.EpochAt(p, now)
	if h.Epoch == turning+1 {
		turning = h.Epoch // the clock was set back a little: the entry stays in its epoch
	}
	b := capability.Budget{
		Peer: h.Peer, Epoch: h.Epoch, Limit: h.Limit, Spent: h.Spent, Turns: guard.NextEpoch(p, turning),
	}
	for _, w := range waiting {
		if w.Peer == h.Peer {
			b.Waits = w.Stage.String() + ": " + w.Reason.String()
		}
	}
	return b
}

func leaks(v *guard.LeakView) []capability.LeakBudget {
	var all []capability.LeakBudget
	for o := 1; o < fact.Observers; o++ {
		room := &v[o]
		all = append(all, capability.LeakBudget{
			Observer: fact.Observer(o), Name: fact.Observer(o).String(),
			Defined: room.Defined, Limit: room.Limit, Spent: room.Spent,
		})
	}
	return all
}
