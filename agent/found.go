package agent

import (
	"errors"
	"slices"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/chain"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/domain/builtin"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/contact"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/interp"
	"github.com/aura-runtime/aura/journal"
	"github.com/aura-runtime/aura/keyring"
	"github.com/aura-runtime/aura/replica"
	"github.com/aura-runtime/aura/roster"
	"github.com/aura-runtime/aura/task"
)

// Found writes the first facts of a new authority into an empty store: the token for its own actions, in the domains that every
// agent has and in those of modules, and its name; more holds what else is so from the beginning, such as limits, in the own
// namespace. It leaves the store closed. It returns [aura.Invalid] for a name that cannot be shown and [aura.Conflict] when the
// authority was founded before.
func Found(tc task.Context, h Hands, name string, modules []domain.Module, more ...fact.Draft) (err error) {
	name, err = contact.ParseName(name)
	if err != nil {
		return err
	}
	set, err := builtin.New(modules...)
	if err != nil {
		return err
	}
	own := h.Ring.Authority()
	profile, err := owner(set)
	if err != nil {
		return err
	}
	first, err := tokenFor(h, profile)
	if err != nil {
		return err
	}
	self, err := domain.Caller{Authority: own, Device: h.Ring.Device()}.Draft(contact.KindSelf, contact.Self{Name: name})
	if err != nil {
		return err
	}
	store, err := openJournal(tc, h, set.Registry())
	if err != nil {
		return err
	}
	defer func() {
		if closing := store.Close(tc); err == nil {
			err = closing
		}
	}()
	tokens, _, err := frontier.Open(tc, h.Ring.Certificate(), set.Registry().Capabilities(), store.journal)
	if err != nil {
		return err
	}
	return withChain(tc, h, store, tokens, func(c *chain.Chain) error {
		_, err := c.Found(tc, append([]fact.Draft{first, self}, more...)...)
		return err
	})
}

// owner returns the capabilities that an authority grants itself when it is founded: by name, never "all", so that a
// later build, or a module that is added, asks for more.
func owner(set *domain.Set) (capability.Profile, error) {
	return capability.NewProfile(domain.ProfileOwner, set.Profile(domain.ProfileOwner)...)
}

// renew issues a token for the capabilities of this build's profile that the authority never granted itself: it
// was founded by a build that could do less. It returns the names: as withheld while the root key is not on this device, which
// then cannot issue one.
func renew(tc task.Context, h Hands, set *domain.Set, store *storage, tokens *frontier.Index) (issued, withheld []string, err error) {
	profile, err := ungranted(set, tokens, tc.Now())
	if err != nil || len(profile.Names) == 0 {
		return nil, nil, err
	}
	if h.Ring.RootPlace() != roster.RootPlaceHere {
		return nil, profile.Names, nil
	}
	draft, err := tokenFor(h, profile)
	if err != nil {
		return nil, nil, err
	}
	err = withChain(tc, h, store, tokens, func(c *chain.Chain) error {
		_, err := c.Renew(tc, draft)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return profile.Names, nil, nil
}

// ungranted returns the owner's profile without what the authority ever granted itself.
func ungranted(set *domain.Set, tokens *frontier.Index, now aura.Physical) (capability.Profile, error) {
	profile, err := owner(set)
	if err != nil {
		return profile, err
	}
	issued := tokens.Issued(now)
	profile.Names = slices.DeleteFunc(profile.Names, func(name string) bool { return slices.Contains(issued, name) })
	return profile, nil
}

// Withheld returns the capabilities that an agent of this build would need and cannot grant itself, see
// [status.Status.Withheld], from a journal that no agent uses.
func Withheld(tc task.Context, ring *keyring.Ring, set *domain.Set, j *journal.Journal) ([]string, error) {
	if ring.RootPlace() == roster.RootPlaceHere {
		return nil, nil
	}
	tokens, detach, err := frontier.Open(tc, ring.Certificate(), set.Registry().Capabilities(), j)
	if err != nil {
		return nil, err
	}
	defer detach()
	profile, err := ungranted(set, tokens, tc.Now())
	return profile.Names, err
}

// labelBatch is how many names are kept in one decision.
const labelBatch = 128

// keepLabels keeps the names under which an earlier build, which computed them anew each time, showed its
// conversations. It does nothing for an owner without the capability to name a contact.
func keepLabels(tc task.Context, h Hands, store *storage, tokens *frontier.Index, index *directory.Index) error {
	by := domain.Caller{Authority: h.Ring.Authority(), Device: h.Ring.Device(), Now: tc.Now()}
	var drafts []fact.Draft
	var failed error
	index.Read(func(p *directory.State) {
		for _, n := range p.Chats.Unlabelled(p.Setting()) {
			draft, err := contact.Label(by, n.Context, n.Name)
			drafts, failed = append(drafts, draft), errors.Join(failed, err)
		}
	})
	if failed != nil || len(drafts) == 0 {
		return failed
	}
	err := withChain(tc, h, store, tokens, func(c *chain.Chain) error {
		for some := range slices.Chunk(drafts, labelBatch) {
			r := by.Local(contact.CapRename, some...)
			if _, _, err := c.Decide(tc, &r); err != nil {
				return err
			}
		}
		return nil
	})
	if aura.KindOf(err) == aura.Denied {
		return nil
	}
	return err
}

// moveReceipts keeps the receipts of an earlier build where this one looks for them.
func moveReceipts(tc task.Context, store *storage) error {
	if !interp.HasEarlyReceipts(store.journal) {
		return nil
	}
	return served(tc, store, func() error { return interp.MoveReceipts(tc, store.journal) })
}

// borrowed is a journal that is served for a while and stays open: its owner closes it.
type borrowed struct{ *storage }

// Close implements [task.Service].
func (borrowed) Close(task.Context) error { return nil }

// withChain runs fn with a guard chain over a journal that no agent serves.
func withChain(tc task.Context, h Hands, store *storage, tokens *frontier.Index, fn func(*chain.Chain) error) error {
	own, device := h.Ring.Authority(), h.Ring.Device()
	production := interp.NewProduction(own, device, store.journal, h.Ring, sender{new(*replica.Replicator)})
	return served(tc, store, func() error {
		return fn(chain.New(own, device, store.journal, tokens, production, h.Entropy, chain.Options{}))
	})
}

// served runs fn while a journal that no agent serves takes facts.
func served(tc task.Context, store *storage, fn func() error) error {
	group := task.NewGroup(tc, "room")
	writer := task.Supervise(group, borrowed{store})
	err := writer.Start(tc)
	if err == nil {
		err = fn()
	}
	for _, ended := range []error{
		writer.Join(tc, joinGrace), writer.Close(tc, closeGrace),
		group.Close(tc, closeGrace),
	} {
		if err == nil {
			err = ended
		}
	}
	return err
}

// tokenFor makes the token by which an authority lets itself act.
func tokenFor(h Hands, profile capability.Profile) (fact.Draft, error) {
	next, err := token.NextKey(h.Entropy)
	if err != nil {
		return fact.Draft{}, err
	}
	minted, err := token.Mint(token.SignerOf(h.Ring), token.Grant{Profile: profile, Holder: h.Ring.Certificate().Root}, next)
	if err != nil {
		return fact.Draft{}, err
	}
	return capability.Issue(h.Ring.Authority(), minted.Encode())
}
