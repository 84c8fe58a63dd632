package app

import (
	"slices"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/task"
)

// Tokens returns the capability tokens by which this authority acts, that it handed out, and that were handed to it.
func (c *Core) Tokens(tc task.Context) ([]capability.TokenLine, error) {
	answer, err := c.bridge.Ask(tc, fact.Question{Kind: capability.QuestionTokens})
	if err != nil {
		return nil, err
	}
	var list capability.TokenList
	if err := fact.UnmarshalAnswer(answer.Payload, &list); err != nil {
		return nil, &aura.Error{Op: "app.Tokens", Kind: aura.Corrupt, Err: err}
	}
	return list.Tokens, nil
}

// ResolveToken turns the identifier of a token, or the beginning of it, into the token. It returns [aura.NotFound]
// when none begins so and [aura.Conflict] when several do.
func (c *Core) ResolveToken(tc task.Context, text string) (capability.TokenLine, error) {
	const op = "app.ResolveToken"
	all, err := c.Tokens(tc)
	if err != nil {
		return capability.TokenLine{}, err
	}
	var found []capability.TokenLine
	for _, t := range all {
		if text != "" && strings.HasPrefix(t.FullID(), strings.ToLower(text)) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return capability.TokenLine{}, aura.Errorf(op, aura.NotFound, "there is no token %.80q: see aura guard tokens", text)
	case 1:
		return found[0], nil
	}
	return capability.TokenLine{}, aura.Errorf(op, aura.Conflict, "%d tokens begin with %.80q: write one of %s", len(found), text, strings.Join(apart(found), ", "))
}

// apart returns the beginnings of the identifiers of different tokens, of one length, by which they differ.
func apart(tokens []capability.TokenLine) []string {
	for digits := 8; ; digits += 8 {
		var names []string
		whole := true
		for _, t := range tokens {
			id := t.FullID()
			whole = whole && len(id) <= digits
			names = append(names, id[:min(len(id), digits)])
		}
		slices.Sort(names)
		if whole || len(slices.Compact(slices.Clone(names))) == len(names) {
			return names
		}
	}
}

// Delegation is what [Core.Delegate] hands to a contact.
type Delegation struct {
	Names []string
	// Held is the token to hand on with less; zero: a new one of one's own.
	Held aura.FactID
	// Within confines it to one conversation; zero: anywhere.
	Within chat.Ref
	// Until ends it; zero: it does not end.
	Until aura.Instant
}

// Delegate hands capabilities to a contact and returns the token that carries them. A group is [aura.Invalid].
func (c *Core) Delegate(tc task.Context, to Ref, d Delegation) (capability.TokenLine, error) {
	const op = "app.Delegate"
	if to.Group {
		return capability.TokenLine{}, aura.Errorf(op, aura.Invalid, "%q is a group: a token names one contact", to.Name)
	}
	res, err := c.submit(tc, capability.IntentDelegate, capability.DelegateIntent{
		To: to.Contact, Names: d.Names, Held: d.Held, Within: d.Within, Until: d.Until,
	})
	if err != nil {
		return capability.TokenLine{}, err
	}
	all, err := c.Tokens(tc)
	if err != nil {
		return capability.TokenLine{}, err
	}
	for _, t := range all {
		if len(res.Facts) > 0 && t.Fact == res.Facts[0] {
			return t, nil
		}
	}
	return capability.TokenLine{}, aura.Errorf(op, aura.Internal, "the agent committed no token")
}

// Revoke makes a token void that this authority issued to a contact, with every token delegated from it. The tokens
// of other issuers, and the authority's own, are [aura.Invalid].
func (c *Core) Revoke(tc task.Context, t capability.TokenLine) error {
	const op = "app.Revoke"
	switch {
	case t.Role == capability.TokenOwn:
		return aura.Errorf(op, aura.Invalid, "you act by the token %s yourself: without it nothing could be done", t.ID())
	case !t.Issued:
		return aura.Errorf(op, aura.Invalid, "another authority issued the token %s: only it can revoke that", t.ID())
	}
	_, err := c.submit(tc, capability.IntentRevoke, capability.Revoked{Blocks: [][]byte{t.Block}})
	return err
}
