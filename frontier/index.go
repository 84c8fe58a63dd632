package frontier

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/task"
)

// maxAnswers bounds what is remembered of evaluations. Beyond it everything is forgotten and asked anew.
const maxAnswers = 4096

// Claim is the question that an [Index] answers.
type Claim struct {
	// Context is where; zero asks about operations outside any context.
	Context aura.ContextID
	// Authority wants to act: the agent's own, or a peer on whose behalf the agent acts.
	Authority aura.AuthorityID
	// Token is the encoded token that Authority presents; nil: the tokens that the journal holds for it.
	Token []byte
	// Now is the time that a token's checks may read.
	Now aura.Physical
}

// Index evaluates the capability tokens of the agent's own authority, and follows the journal for them and
// for the limits of contexts. An agent has one.
//
// It trusts one root: the agent's own authority. What the agent does for itself, and what it does for a
// peer, follows from tokens of that root alone. An evaluation asks for each name that a domain declared. Its
// answer is kept per context, authority and token until the epoch turns or the first instant at which a
// check that reads the time could change, and dropped when a token, a revocation or a limit is committed. An
// answer that depends on the time otherwise is not kept. When no token asks for the context, its answer is kept
// for all of them as well, so that an agent of many groups asks once and not once for each.
type Index struct {
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

// Open folds what the journal holds and follows it until the returned function is called. The identity
// is that of the agent's device; candidates are the names that may be permitted at all, ascending.
func Open(tc task.Context, identity fact.Certificate, candidates []string, j *journal.Journal) (*Index, func(), error) {
	x := &Index{
		root: identity.Root, own: identity.Authority(), device: identity.Device(), candidates: candidates,
		state: capability.NewState(identity.Authority()), answers: map[question]answer{},
	}
	selection := fact.Selection{Kinds: []string{"capability.*", capability.KindPolicy}}
	x.fold = journal.NewFold("fold.capability", selection, grants{x.state, x}, &x.mu)
	// First attached, then read: what is committed in between arrives twice, which changes nothing.
	_, detach := j.Attach(x)
	if err := x.fold.Load(tc, j); err != nil {
		detach()
		return nil, nil, err
	}
	return x, detach, nil
}

// grants is the state of tokens as a fold of the journal.
type grants struct {
	*capability.State
	index *Index
}

// Apply implements [fact.Reducer].
func (g grants) Apply(r *fact.Record) {
	if g.State.Apply(r) {
		g.index.version++
		clear(g.index.answers)
	}
}

// Save returns the state of what is permitted, see [capability.State.Save].
func (x *Index) Save() ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state.Save()
}

// Folds returns the folds of which checkpoints are kept.
func (x *Index) Folds() []*journal.Fold { return []*journal.Fold{x.fold} }

// Due returns the checkpoints that it is time to append.
func (x *Index) Due() ([]journal.Checkpoint, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return journal.Due(x.fold)
}

// Committed implements [journal.Sink]. The journal tells its sinks before its callers, so whoever has been
// told of a token or a revocation finds it in force.
func (x *Index) Committed(records []fact.Record) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fold.Committed(records)
}

// Quarantined returns the facts that the fold could not take, see [fact.Quarantine].
func (x *Index) Quarantined() []fact.Quarantined {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.fold.Quarantined()
}

// Frontier implements chain.Frontiers.
func (x *Index) Frontier(_ task.Context, c Claim) (guard.Frontier, error) {
	q := question{context: c.Context, subject: c.Authority}
	if c.Token != nil {
		q.token = sha256.Sum256(c.Token)
	}
	if kept, ok := x.kept(q, c.Now); ok {
		return kept.frontier, nil
	}
	return x.evaluate(q, &c), nil
}

// kept returns the answer to a question, if it is remembered and still true.
func (x *Index) kept(q question, now aura.Physical) (answer, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	a, ok := x.answers[q]
	return a, ok && a.horizon.Covers(now.At)
}

// evaluate answers a question from what is known of other contexts, or asks the tokens themselves. It works on a
// copy of what the journal says, because it takes longer than a lock may be held.
func (x *Index) evaluate(q question, c *Claim) guard.Frontier {
	tokens, limits, version := x.tokensOf(c)
	anywhere, some := q.elsewhere()
	a, known := x.kept(anywhere, c.Now)
	if known = known && some; !known {
		var same bool
		a, same = x.askAll(tokens, c)
		if same && some {
			x.keep(anywhere, version, c, a)
		}
	}
	a.horizon = epochAround(limits, c.Now).Meet(a.horizon)
	x.keep(q, version, c, a)
	return a.frontier
}

// askAll asks tokens, and reports whether the answer is the same in every context.
func (x *Index) askAll(tokens [][]byte, c *Claim) (_ answer, anywhere bool) {
	var names []string
	var flaw guard.Reason
	anywhere = true
	horizon := token.Always()
	for _, encoded := range tokens {
		a := x.ask(encoded, c)
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

// Version counts the changes of what is permitted.
func (x *Index) Version() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.version
}

// tokensOf returns the tokens that a claim rests on, the limits of its context, and the version of both.
func (x *Index) tokensOf(c *Claim) ([][]byte, guard.Policy, uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	limits := x.state.Limits(c.Context)
	if c.Token != nil {
		return [][]byte{c.Token}, limits, x.version
	}
	return x.state.Tokens(c.Authority), limits, x.version
}

// ask evaluates one token.
func (x *Index) ask(encoded []byte, c *Claim) token.Answer {
	opened, flaw := x.open(encoded)
	if opened == nil {
		return token.Answer{Flaw: flaw, Horizon: token.Always(), Anywhere: true}
	}
	return opened.Evaluate(x.claim(c), x.candidates)
}

// open checks a token up to the question whether it was revoked.
func (x *Index) open(encoded []byte) (*token.Token, guard.Reason) {
	opened, flaw := token.Open(encoded, x.root)
	if opened == nil {
		return nil, flaw
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state.Revoked(opened.Blocks()) {
		return nil, guard.Revoked
	}
	return opened, 0
}

// claim says what is known about who asks: of the devices, only that this one is the own authority's.
func (x *Index) claim(c *Claim) token.Claim {
	claim := token.Claim{Subject: c.Authority, Context: c.Context, Now: c.Now.At}
	if c.Authority == x.own {
		claim.Device = x.device
	}
	return claim
}

// keep remembers an answer, unless it is true for a moment alone or what is permitted has changed since it was
// asked for. What a stranger presents in vain is not remembered: it would push out what is needed.
func (x *Index) keep(q question, version uint64, c *Claim, a answer) {
	if !a.horizon.Known || c.Token != nil && len(a.frontier.Names()) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.version != version {
		return
	}
	if len(x.answers) >= maxAnswers {
		clear(x.answers)
	}
	x.answers[q] = a
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
func (x *Index) Issued(now aura.Physical) []string {
	x.mu.Lock()
	tokens := x.state.Tokens(x.own)
	x.mu.Unlock()
	issued := map[string]bool{}
	for _, encoded := range tokens {
		opened, _ := token.Open(encoded, x.root)
		if opened == nil {
			continue
		}
		for _, name := range opened.Evaluate(token.Claim{Subject: x.own, Now: now.At}, x.candidates).Names {
			issued[name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(x.candidates), func(name string) bool { return !issued[name] })
}

// Policy implements chain.Frontiers.
func (x *Index) Policy(_ task.Context, context aura.ContextID) (guard.Policy, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.state.Limits(context), nil
}

// Held returns a token that a contact handed over, by the fact with which it came. It returns
// aura.NotFound when there is none.
func (x *Index) Held(id aura.FactID) (capability.Held, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	held, ok := x.state.Held(id)
	if !ok {
		return held, aura.Errorf("frontier.Held", aura.NotFound, "no contact handed over a token by the fact %s", aura.Short(id))
	}
	return held, nil
}
