package token

import (
	"fmt"
	"strings"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/datalog"
	"github.com/aura-runtime/aura/domain/capability"
)

// Grant is the content of one block of a token: capabilities, their holder and their bounds.
type Grant struct {
	Profile capability.Profile
	// Holder is the root key (Ed25519) of the authority that may use the token and hand it on.
	Holder [32]byte
	// Context confines the grant to one context; zero: it says nothing about contexts.
	Context aura.ContextID
	// Device confines the grant to one of the holder's devices; zero: any.
	Device aura.DeviceID
	// Until ends the grant, in whole seconds; zero: it does not end.
	Until aura.Instant
}

// Mint issues a token: root is the authority that permits. It returns aura.Invalid for a profile without
// names.
func Mint(root biscuit.Signer, g Grant, next biscuit.PrivateKey) (*biscuit.Token, error) {
	if len(g.Profile.Names) == 0 {
		return nil, aura.Errorf("token.Mint", aura.Invalid, "the profile %q has no names", g.Profile.Name)
	}
	var src strings.Builder
	params := datalog.Params{}
	for i, name := range g.Profile.Names {
		param := fmt.Sprintf("right%d", i)
		params[param] = datalog.NewString(name)
		fmt.Fprintf(&src, "right({%s});\n", param)
	}
	p, err := g.program(0, src.String(), params)
	if err != nil {
		return nil, err
	}
	return biscuit.Mint(root, p, next, biscuit.MintOptions{})
}

// Delegate hands a token on with less: the new block names the next holder, is signed by from, who must be
// the holder so far, and cannot be moved to another token. The result permits no more than t did, even if the grant
// says more. It returns aura.Invalid for a sealed token, a grant without names or one back to its giver, and
// aura.Exhausted for a token that would be too large.
func Delegate(t *biscuit.Unverified, from biscuit.Signer, g Grant, next biscuit.PrivateKey) (*biscuit.Unverified, error) {
	const op = "token.Delegate"
	giver := holderOf(from.Public())
	switch {
	case giver == g.holder():
		// The block would satisfy its own check, for every holder of a copy.
		return nil, aura.Errorf(op, aura.Invalid, "a token cannot be handed to its holder")
	case len(g.Profile.Names) == 0:
		return nil, aura.Errorf(op, aura.Invalid, "the profile %q has no names", g.Profile.Name)
	}
	names := make([]datalog.Term, len(g.Profile.Names))
	for i, n := range g.Profile.Names {
		names[i] = datalog.NewString(n)
	}
	set, err := datalog.NewSet(names...)
	if err != nil {
		return nil, err
	}
	at := len(t.RevocationIDs())
	p, err := g.program(at, "delegates({at}, {giver}, {holder});\ncheck if operation($op), {names}.contains($op);\n", datalog.Params{
		"giver": datalog.NewString(giver.String()), "names": set,
	})
	if err != nil {
		return nil, err
	}
	request, err := t.Request()
	if err != nil {
		return nil, err
	}
	block, err := biscuit.Contribute(request, p, from)
	if err != nil {
		return nil, err
	}
	return t.Append(block, next)
}

// program adds the checks that every grant has to a source text and parses it. The block will have the number
// at.
func (g *Grant) program(at int, src string, params datalog.Params) (*datalog.Program, error) {
	var b strings.Builder
	b.WriteString(src)
	params["at"], params["holder"] = datalog.NewInteger(int64(at)), datalog.NewString(g.holder().String())
	// Only a later block counts: a holder to whom the token comes back has delegated it before, and that delegation
	// must not satisfy the check a second time.
	fmt.Fprintf(&b, "check if subject({holder}) or delegates($n, {holder}, $to), $n > {at} trusting %s;\n", keyOf(g.Holder))
	if !g.Context.IsZero() {
		params["context"] = datalog.NewString(g.Context.String())
		b.WriteString("check if context({context});\n")
	}
	if !g.Device.IsZero() {
		params["device"] = datalog.NewString(g.Device.String())
		b.WriteString("check if device({device});\n")
	}
	if g.Until > 0 {
		params["until"] = datalog.NewDate(seconds(g.Until))
		b.WriteString("check if time($t), $t < {until};\n")
	}
	return datalog.Parse(b.String(), params)
}

func (g *Grant) holder() aura.AuthorityID { return aura.AuthorityOf(g.Holder[:]) }

func keyOf(root [32]byte) biscuit.PublicKey {
	return biscuit.PublicKey{Algorithm: datalog.AlgorithmEd25519, Bytes: string(root[:])}
}

func holderOf(k biscuit.PublicKey) aura.AuthorityID { return aura.AuthorityOf([]byte(k.Bytes)) }

// seconds returns the whole seconds of an instant since 1970, 0 before that.
func seconds(at aura.Instant) uint64 { return uint64(max(at, 0)) / 1e9 }
