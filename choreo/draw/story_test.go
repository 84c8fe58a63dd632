package draw_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/draw"
)

func sale() draw.Story {
	return draw.Story{Title: "a sale", Roles: []choreo.Role{"Cust", "Store"}, Messages: []draw.Message{
		{From: "Cust", To: "Store", Label: "Ask", Note: "1 unit"}, {From: "Store", To: "Cust", Label: "Price"},
		{From: "Cust", To: "Bank", Label: "Pay <all>", Note: "3 units & a fact"}, {From: "Bank", To: "Store", Label: "Paid"},
	}}
}

// TestAStoryIsDrawnWithCharacters: roles that are not named follow, arrows point to the receiver, and notes stand behind them.
func TestAStoryIsDrawnWithCharacters(t *testing.T) {
	s := sale()
	got, err := s.Text()
	if err != nil {
		t.Fatal(err)
	}
	want := `a sale

    Cust        Store       Bank
      │─── Ask ──▶│           │       1 unit
      │◀─ Price ──│           │
      │────── Pay <all> ─────▶│       3 units & a fact
      │           │◀─ Paid ───│
      │           │           │
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAStoryIsDrawnAsSVG: a document with every name, label and note, and the notes below the arrows.
func TestAStoryIsDrawnAsSVG(t *testing.T) {
	s := sale()
	svg, err := s.SVG()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a sale", "Cust", "Store", "Bank", "Ask", "1 unit", "Price", "Pay <all>", "3 units & a fact", "Paid"}
	if diff := cmp.Diff(want, texts(t, svg)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Messages = make([]draw.Message, 2001)
	if _, err := s.SVG(); !errors.Is(err, aura.Exhausted) {
		t.Errorf("2,001 messages: %v", err)
	}
	if _, err := s.Text(); !errors.Is(err, aura.Exhausted) {
		t.Errorf("2,001 messages as text: %v", err)
	}
}
