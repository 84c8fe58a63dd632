package choreo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// maxSortBytes bounds one sort in interchange JSON.
const maxSortBytes = 4096

// The interchange form of types, for exchange with other tools. One struct serves both views; each kind
// uses its own fields and no others.
type (
	wireType struct {
		Kind     string       `json:"kind"`
		Sender   string       `json:"sender,omitempty"`
		Receiver string       `json:"receiver,omitempty"`
		Partner  string       `json:"partner,omitempty"`
		Branches []wireBranch `json:"branches,omitempty"`
		Var      string       `json:"var,omitempty"`
		Body     *wireType    `json:"body,omitempty"`
		Name     string       `json:"name,omitempty"`
	}
	wireBranch struct {
		Label        wireLabel `json:"label"`
		Continuation *wireType `json:"continuation"`
	}
	wireLabel struct {
		Name string   `json:"name"`
		Sort wireSort `json:"sort"`
		// Payload is ours: the application's type, left out if there is none.
		Payload string `json:"payload,omitempty"`
	}
	wireSort struct{ Sort }
)

func labelToWire(l Label) wireLabel {
	return wireLabel{Name: l.Name, Sort: wireSort{l.Sort}, Payload: l.Payload}
}

func labelFromWire(w wireLabel) Label {
	return Label{Name: w.Name, Sort: w.Sort.Sort, Payload: w.Payload}
}

// shape is the set of fields that a kind has, all of which it must have.
type shape uint8

const (
	shapeEnd  shape = iota
	shapeComm       // sender, receiver, branches
	shapePart       // partner, branches
	shapeRec        // var, body
	shapeVar        // name
)

func (w *wireType) is(s shape) error {
	for _, field := range [...]struct {
		name          string
		given, wanted bool
	}{
		{"sender", w.Sender != "", s == shapeComm},
		{"receiver", w.Receiver != "", s == shapeComm},
		{"partner", w.Partner != "", s == shapePart},
		{"branches", len(w.Branches) > 0, s == shapeComm || s == shapePart},
		{"var", w.Var != "", s == shapeRec},
		{"body", w.Body != nil, s == shapeRec},
		{"name", w.Name != "", s == shapeVar},
	} {
		switch {
		case field.given && !field.wanted:
			return fmt.Errorf("the kind %q has no field %q", w.Kind, field.name)
		case field.wanted && !field.given:
			return fmt.Errorf("the kind %q needs its field %q", w.Kind, field.name)
		}
	}
	return nil
}

// MarshalJSON writes a sort by its name, and the two that have parts as an object.
func (s wireSort) MarshalJSON() ([]byte, error) {
	switch s.Kind {
	case SortVector:
		return json.Marshal(map[string]int{"vector": s.Len})
	case SortProd:
		if s.Left == nil || s.Right == nil {
			return nil, errors.New("half of a pair is missing")
		}
		return json.Marshal(map[string][2]wireSort{"prod": {{*s.Left}, {*s.Right}}})
	}
	if int(s.Kind) >= len(sortNames) {
		return nil, fmt.Errorf("there is no sort %d", s.Kind)
	}
	return json.Marshal(sortNames[s.Kind])
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing else.
func (s *wireSort) UnmarshalJSON(data []byte) error {
	if len(data) > maxSortBytes { // each level of pairs reads its parts again
		return fmt.Errorf("a sort has at most %d bytes", maxSortBytes)
	}
	var name string
	if json.Unmarshal(data, &name) == nil {
		for kind := SortUnit; kind < SortVector; kind++ {
			if sortNames[kind] == name {
				s.Sort = Sort{Kind: kind}
				return nil
			}
		}
		return fmt.Errorf("there is no sort %q", name)
	}
	var parts struct {
		Vector *int        `json:"vector"`
		Prod   *[]wireSort `json:"prod"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&parts); err != nil {
		return err
	}
	switch {
	case parts.Vector != nil && parts.Prod == nil && *parts.Vector >= 0:
		s.Sort = Sort{Kind: SortVector, Len: *parts.Vector}
	case parts.Prod != nil && parts.Vector == nil && len(*parts.Prod) == 2:
		s.Sort = Sort{Kind: SortProd, Left: &(*parts.Prod)[0].Sort, Right: &(*parts.Prod)[1].Sort}
	default:
		return errors.New(`a sort is a name, {"vector":n} or {"prod":[a,b]}`)
	}
	if numbers(&s.Sort) > maxNumbers {
		return fmt.Errorf("a sort has at most %d numbers in its vectors", maxNumbers)
	}
	return nil
}

// maxNumbers bounds the vectors of one sort: no machine carries a larger payload.
const maxNumbers = 1 << 24 / 8

// numbers returns how many numbers the vectors of a sort have, no more than one beyond the bound.
func numbers(s *Sort) int {
	switch s.Kind {
	case SortVector:
		return min(s.Len, maxNumbers+1)
	case SortProd:
		return min(numbers(s.Left)+numbers(s.Right), maxNumbers+1)
	}
	return 0
}
