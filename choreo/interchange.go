package choreo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aura-runtime/aura"
)

// maxInterchange bounds the nodes of a type in interchange JSON, where a shared part is written out each
// time it is used.
const maxInterchange = 1 << 18

// EncodeGlobal writes a type as interchange JSON:
//
//	{"kind":"comm","sender":"A","receiver":"B","branches":[{"label":{"name":"M","sort":"unit"},"continuation":{"kind":"end"}}]}
//
// Kinds are end, comm, rec (var, body) and var (name); sorts are "unit", "nat", "bool", "string", "real",
// {"vector":n} and {"prod":[a,b]}. Send sites are not written. It returns aura.Exhausted if the type
// written out has more than 262,144 nodes, and aura.Invalid if a part is missing.
func EncodeGlobal(g Global) ([]byte, error) {
	left := maxInterchange
	w, err := globalToWire(g, &left)
	return encodeWire("choreo.EncodeGlobal", w, err)
}

// EncodeLocal writes a local type as interchange JSON. Kinds are end, send and recv (partner, branches),
// rec and var; the rest is as for [EncodeGlobal].
func EncodeLocal(l Local) ([]byte, error) {
	left := maxInterchange
	w, err := localToWire(l, &left)
	return encodeWire("choreo.EncodeLocal", w, err)
}

func encodeWire(op aura.Op, w *wireType, err error) ([]byte, error) {
	if err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.KindOf(err), Err: err}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // payload types may hold < and >
	if err := enc.Encode(w); err != nil {
		return nil, &aura.Error{Op: op, Kind: aura.Invalid, Err: err}
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// DecodeGlobal reads interchange JSON. It refuses unknown fields, fields that do not belong to the kind,
// and missing parts; it does not ask whether the type is [WellFormed]. Errors are aura.Invalid.
func DecodeGlobal(data []byte) (Global, error) {
	w, err := decodeWire(data)
	if err == nil {
		var g Global
		if g, err = globalFromWire(w); err == nil {
			return g, nil
		}
	}
	return nil, &aura.Error{Op: "choreo.DecodeGlobal", Kind: aura.Invalid, Err: err}
}

// DecodeLocal reads a local type, as [DecodeGlobal] does a global one.
func DecodeLocal(data []byte) (Local, error) {
	w, err := decodeWire(data)
	if err == nil {
		var l Local
		if l, err = localFromWire(w); err == nil {
			return l, nil
		}
	}
	return nil, &aura.Error{Op: "choreo.DecodeLocal", Kind: aura.Invalid, Err: err}
}

func decodeWire(data []byte) (*wireType, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var w wireType
	if err := dec.Decode(&w); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the type")
	}
	return &w, nil
}

var errTooLong = &aura.Error{Kind: aura.Exhausted, Err: errors.New("the type is too large when its shared parts are written out")}

func globalToWire(g Global, left *int) (*wireType, error) {
	if *left--; *left < 0 {
		return nil, errTooLong
	}
	switch g := g.(type) {
	case GlobalEnd:
		return &wireType{Kind: "end"}, nil
	case GlobalVar:
		return &wireType{Kind: "var", Name: g.Var}, nil
	case *GlobalRec:
		body, err := globalToWire(g.Body, left)
		return &wireType{Kind: "rec", Var: g.Var, Body: body}, err
	case *GlobalComm:
		w := &wireType{Kind: "comm", Sender: string(g.From), Receiver: string(g.To)}
		for _, b := range g.Branches {
			next, err := globalToWire(b.Next, left)
			if err != nil {
				return nil, err
			}
			w.Branches = append(w.Branches, wireBranch{labelToWire(b.Label), next})
		}
		return w, nil
	}
	return nil, aura.Errorf("", aura.Invalid, "a part of the type is missing")
}

func localToWire(l Local, left *int) (*wireType, error) {
	if *left--; *left < 0 {
		return nil, errTooLong
	}
	w := &wireType{}
	switch l := l.(type) {
	case LocalEnd:
		w.Kind = "end"
		return w, nil
	case LocalVar:
		w.Kind, w.Name = "var", l.Var
		return w, nil
	case *LocalRec:
		body, err := localToWire(l.Body, left)
		w.Kind, w.Var, w.Body = "rec", l.Var, body
		return w, err
	case *LocalSend:
		w.Kind = "send"
	case *LocalRecv:
		w.Kind = "recv"
	default:
		return nil, aura.Errorf("", aura.Invalid, "a part of the type is missing")
	}
	partner, branches := branchesOf(l)
	w.Partner = string(partner)
	for _, b := range branches {
		next, err := localToWire(b.Next, left)
		if err != nil {
			return nil, err
		}
		w.Branches = append(w.Branches, wireBranch{labelToWire(b.Label), next})
	}
	return w, nil
}

func globalFromWire(w *wireType) (Global, error) {
	if w == nil {
		return nil, errors.New("a continuation is missing")
	}
	switch w.Kind {
	case "end":
		return GlobalEnd{}, w.is(shapeEnd)
	case "var":
		return GlobalVar{w.Name}, w.is(shapeVar)
	case "rec":
		if err := w.is(shapeRec); err != nil {
			return nil, err
		}
		body, err := globalFromWire(w.Body)
		return &GlobalRec{Var: w.Var, Body: body}, err
	case "comm":
		if err := w.is(shapeComm); err != nil {
			return nil, err
		}
		c := &GlobalComm{From: Role(w.Sender), To: Role(w.Receiver)}
		for _, b := range w.Branches {
			next, err := globalFromWire(b.Continuation)
			if err != nil {
				return nil, err
			}
			c.Branches = append(c.Branches, GlobalBranch{Label: labelFromWire(b.Label), Next: next})
		}
		return c, nil
	}
	return nil, fmt.Errorf("a global type has no kind %q", w.Kind)
}

func localFromWire(w *wireType) (Local, error) {
	if w == nil {
		return nil, errors.New("a continuation is missing")
	}
	switch w.Kind {
	case "end":
		return LocalEnd{}, w.is(shapeEnd)
	case "var":
		return LocalVar{w.Name}, w.is(shapeVar)
	case "rec":
		if err := w.is(shapeRec); err != nil {
			return nil, err
		}
		body, err := localFromWire(w.Body)
		return &LocalRec{Var: w.Var, Body: body}, err
	case "send", "recv":
		if err := w.is(shapePart); err != nil {
			return nil, err
		}
		branches := make([]LocalBranch, len(w.Branches))
		for i, b := range w.Branches {
			next, err := localFromWire(b.Continuation)
			if err != nil {
				return nil, err
			}
			branches[i] = LocalBranch{Label: labelFromWire(b.Label), Next: next}
		}
		if w.Kind == "send" {
			return &LocalSend{Partner: Role(w.Partner), Branches: branches}, nil
		}
		return &LocalRecv{Partner: Role(w.Partner), Branches: branches}, nil
	}
	return nil, fmt.Errorf("a local type has no kind %q", w.Kind)
}
