package frontier

import (
	"crypto/sha256"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// maxCached bounds the cache. When it is full, it is emptied.
const maxCached = 4096

// Claim is the question that an [Index] answers: may this authority act in this context, now?
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

// cacheKey names a cached answer.
type cacheKey struct {
	context aura.ContextID
	subject aura.AuthorityID
	token   [sha256.Size]byte // hash of the presented token; zero: the tokens of the journal
	// anywhere: the answer holds in every context and epoch, and context is zero.
	anywhere bool
}

// anyContext returns the key of the answer that holds in every context, and false for a key without a context: a
// token may answer otherwise there.
func (k cacheKey) anyContext() (cacheKey, bool) {
	return cacheKey{subject: k.subject, token: k.token, anywhere: true}, !k.context.IsZero()
}

type cached struct {
	validity token.Validity
	frontier guard.Frontier
}

// Frontier implements chain.Frontiers.
func (x *Index) Frontier(_ task.Context, c Claim) (guard.Frontier, error) {
	k := cacheKey{context: c.Context, subject: c.Authority}
	if c.Token != nil {
		k.token = sha256.Sum256(c.Token)
	}
	if hit, ok := x.lookup(k, c.Now); ok {
		return hit.frontier, nil
	}
	return x.evaluate(k, &c), nil
}

// lookup returns a cached answer that holds now.
func (x *Index) lookup(k cacheKey, now aura.Physical) (cached, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	a, ok := x.cache[k]
	return a, ok && a.validity.Covers(now.At)
}

// evaluate answers a claim from the cached answer for every context, or evaluates the tokens. It works on a copy of
// the state, because an evaluation takes longer than a lock may be held.
func (x *Index) evaluate(k cacheKey, c *Claim) guard.Frontier {
	tokens, limits, version := x.tokensOf(c)
	anywhere, some := k.anyContext()
	a, hit := x.lookup(anywhere, c.Now)
	if hit = hit && some; !hit {
		var same bool
		a, same = x.evaluateAll(tokens, c)
		if same && some {
			x.store(anywhere, version, c, a)
		}
	}
	a.validity = epochAround(limits, c.Now).Intersect(a.validity)
	x.store(k, version, c, a)
	return a.frontier
}

// evaluateAll evaluates tokens, and reports whether the answer is the same in every context.
func (x *Index) evaluateAll(tokens [][]byte, c *Claim) (_ cached, anywhere bool) {
	var names []string
	var reason guard.Reason
	anywhere = true
	validity := token.Always()
	for _, encoded := range tokens {
		a := x.evaluateOne(encoded, c)
		names = append(names, a.Names...)
		validity = validity.Intersect(a.Validity)
		anywhere = anywhere && a.Anywhere
		if reason == 0 {
			reason = a.Reason
		}
	}
	frontier := guard.NewFrontier(names...)
	if len(names) == 0 {
		frontier = frontier.Without(reason)
	}
	return cached{validity, frontier}, anywhere
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

func (x *Index) evaluateOne(encoded []byte, c *Claim) token.Answer {
	opened, reason := x.open(encoded)
	if opened == nil {
		return token.Answer{Reason: reason, Validity: token.Always(), Anywhere: true}
	}
	return opened.Evaluate(x.claim(c), x.candidates)
}

// open verifies a token and looks for a revocation of it. A token that fails is nil, with the reason.
func (x *Index) open(encoded []byte) (*token.Token, guard.Reason) {
	opened, reason := token.Open(encoded, x.root)
	if opened == nil {
		return nil, reason
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.state.Revoked(opened.Blocks()) {
		return nil, guard.ReasonRevoked
	}
	return opened, 0
}

// claim returns the facts that the agent can state about a claim. Of the devices it knows only its own.
func (x *Index) claim(c *Claim) token.Claim {
	claim := token.Claim{Subject: c.Authority, Context: c.Context, Now: c.Now.At}
	if c.Authority == x.own {
		claim.Device = x.device
	}
	return claim
}

// store caches an answer. It drops one that holds for a moment alone, one from before a change of the state, and the
// refusal of a presented token: a peer that presents many bad tokens would push out the answers in use.
func (x *Index) store(k cacheKey, version uint64, c *Claim, a cached) {
	if !a.validity.Known || c.Token != nil && len(a.frontier.Names()) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.version != version {
		return
	}
	if len(x.cache) >= maxCached {
		clear(x.cache)
	}
	x.cache[k] = a
}

// epochAround returns the part of time that the epoch of an instant takes.
func epochAround(p guard.Policy, now aura.Physical) token.Validity {
	h := token.Always()
	if epoch := guard.EpochAt(p, now); epoch > 0 {
		h.From, h.Until = guard.EpochBegan(p, epoch), guard.NextEpoch(p, epoch)
	}
	return h
}

// Issued returns the capabilities that the own authority has ever granted itself in every context and on every
// device, in the order of the candidates. A revoked token counts, so that a capability which its owner took back is
// not issued again unasked.
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
