package service

import (
	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/biscuit"
	"github.com/aura-runtime/aura/directory"
	"github.com/aura-runtime/aura/domain/capability"
	"github.com/aura-runtime/aura/domain/chat"
	"github.com/aura-runtime/aura/fact"
	"github.com/aura-runtime/aura/frontier/token"
	"github.com/aura-runtime/aura/guard"
	"github.com/aura-runtime/aura/task"
)

// Tokens hands tokens to contacts and devices. A token of the own authority is made for the contact; one that a contact
// handed over is handed on with less. It hosts the operations of the module of capabilities that need keys.
type Tokens struct{ env *Env }

// NewTokens returns the host of [capability.IntentDelegate] and [capability.IntentEquip].
func NewTokens(e *Env) *Tokens { return &Tokens{env: e} }

// Hosts returns what carries the operations out.
func (s *Tokens) Hosts() Hosts {
	return Hosts{
		capability.IntentDelegate: func(IntentFunc) IntentFunc { return s.delegate },
		capability.IntentEquip:    func(IntentFunc) IntentFunc { return s.equip },
	}
}

func (s *Tokens) delegate(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p capability.DelegateIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	var cert fact.Certificate
	var err error
	s.env.Directory.Read(func(pages *directory.State) {
		err = references(pages, &p)
		cert, _ = pages.Contacts.Certificate(p.To.Context)
	})
	if err != nil {
		return fact.Result{}, err
	}
	encoded, err := s.issue(&p, cert.Root)
	if err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(pages *directory.State) (guard.Request, error) {
		if err := references(pages, &p); err != nil {
			return guard.Request{}, err
		}
		return capability.Delegate(s.env.Caller(tc, in.Operation), p.To, encoded)
	})
	return submitted(in, r, err)
}

// references returns why a reference in a delegation no longer holds, or nil.
func references(pages *directory.State, p *capability.DelegateIntent) error {
	const op = "service.references"
	if _, err := pages.Contacts.Current(op, p.To); err != nil || p.Within == (chat.Ref{}) {
		return err
	}
	return pages.Chats.Holds(op, pages.Setting(), p.Within)
}

// issue returns the encoded token for a contact with a root key.
func (s *Tokens) issue(p *capability.DelegateIntent, holder [32]byte) (encoded []byte, err error) {
	grant := token.Grant{Context: p.Within.Context, Until: p.Until, Holder: holder}
	if grant.Profile, err = capability.NewProfile("delegated", p.Names...); err != nil {
		return nil, err
	}
	if p.Held.IsZero() {
		return s.mint(grant)
	}
	held, err := s.env.Frontier.Held(p.Held)
	if err != nil {
		return nil, err
	}
	whole, err := biscuit.Decode(held.Token)
	if err != nil {
		return nil, err
	}
	next, err := token.NextKey(s.env.Entropy)
	if err != nil {
		return nil, err
	}
	less, err := token.Delegate(whole, token.SignerOf(s.env.Ring), grant, next)
	if err != nil {
		return nil, err
	}
	return less.Encode(), nil
}

// mint returns a new encoded token of the own authority.
func (s *Tokens) mint(g token.Grant) ([]byte, error) {
	next, err := token.NextKey(s.env.Entropy)
	if err != nil {
		return nil, err
	}
	minted, err := token.Mint(token.SignerOf(s.env.Ring), g, next)
	if err != nil {
		return nil, err
	}
	return minted.Encode(), nil
}

func (s *Tokens) equip(tc task.Context, in fact.Intent) (fact.Result, error) {
	var p capability.EquipIntent
	if err := fact.Unmarshal(in.Payload, &p); err != nil {
		return fact.Result{}, err
	}
	if p.Device.IsZero() {
		return fact.Result{}, aura.Errorf("service.equip", aura.Invalid, "the token is for no device")
	}
	profile, err := capability.NewProfile("device", p.Names...)
	if err != nil {
		return fact.Result{}, err
	}
	encoded, err := s.mint(token.Grant{
		Profile: profile, Holder: s.env.Ring.Certificate().Root, Device: p.Device, Until: p.Until,
	})
	if err != nil {
		return fact.Result{}, err
	}
	r, err := s.env.plan(tc, func(*directory.State) (guard.Request, error) {
		return capability.Equip(s.env.Caller(tc, in.Operation), encoded)
	})
	return submitted(in, r, err)
}
