package interp

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/interp/token"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// maxAnswers bounds what is remembered of evaluations. Beyond it everything is forgotten and asked anew.
const maxAnswers = 4096

// Tokens evaluates the capability tokens of the agent's own authority, and follows the journal for them and
// for the limits of contexts. It is the [Frontiers] of an agent.
//
// It trusts one root: the agent's own authority. What the agent does for itself, and what it does for a
// peer, follows from tokens of that root alone. An evaluation asks for each name that a domain declared. Its
// answer is kept per context, authority and token until the epoch turns or the first instant at which a
// check that reads the time could change, and dropped when a token, a revocation or a limit is committed. An
// answer that depends on the time otherwise is not kept. When no token asks for the context, its answer is kept
// for all of them as well, so that an agent of many groups asks once and not once for each.
type Tokens struct {
	root       [32]byte
	own        aura.AuthorityID
	device     aura.DeviceID
	candidates []string

	mu      task.Mutex
	state   *capability.State
	fold    *journal.Fold // of the state
	version uint64        // counts changes of what is permitted
	answers map[question]answer
}

// question is what an answer is kept for. The token is its hash; zero: those of the journal. Anywhere: the
// question is about any context, of which none is named, and its answer holds whatever the epoch.
type question struct {
	context  aura.ContextID
	subject  aura.AuthorityID
	token    [sha256.Size]byte
	anywhere bool
}

// elsewhere returns the question about any context. False: the question is about none, where what tokens say may
// differ.
func (q question) elsewhere() (question, bool) {
	return question{subject: q.subject, token: q.token, anywhere: true}, !q.context.IsZero()
}

type answer struct {
	horizon  token.Horizon
	frontier guard.Frontier
}

// OpenTokens folds what the journal holds and follows it until the returned function is called. The identity
// is that of the agent's device; candidates are the names that may be permitted at all, ascending.
func OpenTokens(tc task.Context, identity fact.Certificate, candidates []string, j *journal.Journal) (*Tokens, func(), error) {
	t := &Tokens{
		root: identity.Root, own: identity.Authority(), device: identity.Device(), candidates: candidates,
		state: capability.NewState(identity.Authority()), answers: map[question]answer{},
	}
	selection := fact.Selection{Kinds: []string{"capability.*", capability.KindPolicy}}
	t.fold = journal.NewFold("fold.capability", selection, grants{t.state, t}, &t.mu)
	// First attached, then read: what is committed in between arrives twice, which changes nothing.
	_, detach := j.Attach(t)
	if err := t.fold.Load(tc, j); err != nil {
		detach()
		return nil, nil, err
	}
	return t, detach, nil
}

// grants is the state of tokens as a fold of the journal.
type grants struct {
	*capability.State
	tokens *Tokens
}

// Apply implements [fact.Reducer].
func (g grants) Apply(r *fact.Record) {
	if g.State.Apply(r) {
		g.tokens.version++
		clear(g.tokens.answers)
	}
}

// Save returns the state of what is permitted, see [capability.State.Save].
func (t *Tokens) Save() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state.Save()
}

// Folds returns the folds of which checkpoints are kept.
func (t *Tokens) Folds() []*journal.Fold { return []*journal.Fold{t.fold} }

// Due returns the checkpoints that it is time to append.
func (t *Tokens) Due() ([]journal.Checkpoint, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return journal.Due(t.fold)
}

// Committed implements [journal.Sink]. The journal tells its sinks before its callers, so whoever has been
// told of a token or a revocation finds it in force.
func (t *Tokens) Committed(records []fact.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fold.Committed(records)
}

// Quarantined returns the facts that the fold could not take, see [fact.Quarantine].
func (t *Tokens) Quarantined() []fact.Quarantined {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fold.Quarantined()
}

// Frontier implements [Frontiers].
func (t *Tokens) Frontier(_ task.Context, c Claim) (guard.Frontier, error) {
	q := question{context: c.Context, subject: c.Authority}
	if c.Token != nil {
		q.token = sha256.Sum256(c.Token)
	}
	if kept, ok := t.kept(q, c.Now); ok {
		return kept.frontier, nil
	}
	return t.evaluate(q, &c), nil
}

// kept returns the answer to a question, if it is remembered and still true.
func (t *Tokens) kept(q question, now aura.Physical) (answer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.answers[q]
	return a, ok && a.horizon.Covers(now.At)
}

// evaluate answers a question from what is known of other contexts, or asks the tokens themselves. It works on a
// copy of what the journal says, because it takes longer than a lock may be held.
func (t *Tokens) evaluate(q question, c *Claim) guard.Frontier {
	tokens, limits, version := t.tokensOf(c)
	anywhere, some := q.elsewhere()
	a, known := t.kept(anywhere, c.Now)
	if known = known && some; !known {
		var same bool
		a, same = t.askAll(tokens, c)
		if same && some {
			t.keep(anywhere, version, c, a)
		}
	}
	a.horizon = epochAround(limits, c.Now).Meet(a.horizon)
	t.keep(q, version, c, a)
	return a.frontier
}

// askAll asks tokens, and reports whether the answer is the same in every context.
func (t *Tokens) askAll(tokens [][]byte, c *Claim) (_ answer, anywhere bool) {
	var names []string
	var flaw guard.Reason
	anywhere = true
	horizon := token.Always()
	for _, encoded := range tokens {
		a := t.ask(encoded, c)
		names = append(names, a.Names...)
		horizon = horizon.Meet(a.Horizon)
		anywhere = anywhere && a.Anywhere
		if flaw == 0 {
			flaw = a.Flaw
		}
	}
	frontier := guard.NewFrontier(names...)
	if len(names) == 0 {
		frontier = frontier.Without(flaw)
	}
	return answer{horizon, frontier}, anywhere
}

// tokensOf returns the tokens that a claim rests on, the limits of its context, and the version of both.
func (t *Tokens) tokensOf(c *Claim) ([][]byte, guard.Policy, uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	limits := t.state.Limits(c.Context)
	if c.Token != nil {
		return [][]byte{c.Token}, limits, t.version
	}
	return t.state.Tokens(c.Authority), limits, t.version
}

// ask evaluates one token.
func (t *Tokens) ask(encoded []byte, c *Claim) token.Answer {
	opened, flaw := t.open(encoded)
	if opened == nil {
		return token.Answer{Flaw: flaw, Horizon: token.Always(), Anywhere: true}
	}
	return opened.Evaluate(t.claim(c), t.candidates)
}

// open checks a token up to the question whether it was revoked.
func (t *Tokens) open(encoded []byte) (*token.Token, guard.Reason) {
	opened, flaw := token.Open(encoded, t.root)
	if opened == nil {
		return nil, flaw
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.Revoked(opened.Blocks()) {
		return nil, guard.Revoked
	}
	return opened, 0
}

// claim says what is known about who asks: of the devices, only that this one is the own authority's.
func (t *Tokens) claim(c *Claim) token.Claim {
	claim := token.Claim{Subject: c.Authority, Context: c.Context, Now: c.Now.At}
	if c.Authority == t.own {
		claim.Device = t.device
	}
	return claim
}

// keep remembers an answer, unless it is true for a moment alone or what is permitted has changed since it was
// asked for. What a stranger presents in vain is not remembered: it would push out what is needed.
func (t *Tokens) keep(q question, version uint64, c *Claim, a answer) {
	if !a.horizon.Known || c.Token != nil && len(a.frontier.Names()) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.version != version {
		return
	}
	if len(t.answers) >= maxAnswers {
		clear(t.answers)
	}
	t.answers[q] = a
}

// epochAround returns the stretch of the epoch that holds an instant.
func epochAround(p guard.Policy, now aura.Physical) token.Horizon {
	h := token.Always()
	if epoch := guard.EpochAt(p, now); epoch > 0 {
		h.From, h.Until = guard.NextEpoch(p, epoch-1), guard.NextEpoch(p, epoch)
	}
	return h
}

// Issued returns the names that the own authority has ever permitted to itself everywhere, on every device,
// in the order of the candidates. A revoked token counts: what its owner took back is not to be issued again
// unasked.
func (t *Tokens) Issued(now aura.Physical) []string {
	t.mu.Lock()
	tokens := t.state.Tokens(t.own)
	t.mu.Unlock()
	issued := map[string]bool{}
	for _, encoded := range tokens {
		opened, _ := token.Open(encoded, t.root)
		if opened == nil {
			continue
		}
		for _, name := range opened.Evaluate(token.Claim{Subject: t.own, Now: now.At}, t.candidates).Names {
			issued[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(t.candidates), func(name string) bool { return !issued[name] })
}

// Policy implements [Frontiers].
func (t *Tokens) Policy(_ task.Context, context aura.ContextID) (guard.Policy, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state.Limits(context), nil
}

// Held returns a token that a contact handed over, by the fact with which it came. It returns
// aura.NotFound when there is none.
func (t *Tokens) Held(id aura.FactID) (capability.Held, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	held, ok := t.state.Held(id)
	if !ok {
		return held, aura.Errorf("interp.Held", aura.NotFound, "no contact handed over a token by the fact %s", aura.Short(id))
	}
	return held, nil
}
