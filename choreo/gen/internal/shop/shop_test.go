package shop_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/choreo"
	"github.com/aura-runtime/aura/choreo/gen/internal/shop"
)

// wire is a port that plays a script of received and sent messages.
type wire struct {
	in   []string
	sent []string
	err  error
}

func (w *wire) Send(to choreo.Role, label string, payload []byte) error {
	if w.err != nil {
		return w.err
	}
	w.sent = append(w.sent, string(to)+"!"+label+" "+string(payload))
	return nil
}

func (w *wire) Receive(choreo.Role) (string, []byte, error) {
	if w.err != nil {
		return "", nil, w.err
	}
	label, payload, _ := strings.Cut(w.in[0], " ")
	w.in = w.in[1:]
	return label, []byte(payload), nil
}

func TestEndpointWalksItsStates(t *testing.T) {
	w := &wire{in: []string{"Price 3", "Thanks a", "Thanks b"}}
	s2, err := shop.StartBuyCust(w).SendAsk(shop.BuyAsk{Payload: []byte("tea")})
	if err != nil {
		t.Fatal(err)
	}
	price, s3, err := s2.ReceivePrice()
	if err != nil || string(price.Payload) != "3" {
		t.Fatal(price, err)
	}
	left, err := s3.SendLeave(shop.BuyLeave{})
	if err != nil {
		t.Fatal(err)
	}
	told, err := left.SendLeft(shop.BuyLeft{})
	if err != nil {
		t.Fatal(err)
	}
	loop, err := told.SendLeft(shop.BuyLeft{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the loop comes back to the same type
		rated, err := loop.SendRate(shop.BuyRate{})
		if err != nil {
			t.Fatal(err)
		}
		if _, loop, err = rated.ReceiveThanks(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := loop.SendDone(shop.BuyDone{}); err != nil {
		t.Fatal(err)
	}
	want := []string{"Shop!Ask tea", "Shop!Leave ", "Witness[0]!Left ", "Witness[1]!Left ", "Shop!Rate ", "Shop!Rate ", "Shop!Done "}
	if diff := cmp.Diff(want, w.sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASpentStateIsStale(t *testing.T) {
	w := &wire{}
	s := shop.StartBuyCust(w)
	if _, err := s.SendAsk(shop.BuyAsk{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SendAsk(shop.BuyAsk{}); !errors.Is(err, aura.Stale) {
		t.Errorf("want stale, got %v", err)
	}
	if _, err := (shop.BuyCustS1{}).SendAsk(shop.BuyAsk{}); !errors.Is(err, aura.Invalid) {
		t.Errorf("want invalid, got %v", err)
	}
}

func TestAFailedStepCanBeTriedAgain(t *testing.T) {
	w := &wire{err: aura.Unavailable}
	s := shop.StartBuyCust(w)
	if _, err := s.SendAsk(shop.BuyAsk{}); !errors.Is(err, aura.Unavailable) {
		t.Errorf("want unavailable, got %v", err)
	}
	w.err = nil
	if _, err := s.SendAsk(shop.BuyAsk{}); err != nil {
		t.Error(err)
	}
}

func TestAChoiceIsTakenApartByType(t *testing.T) {
	witness := func(w *wire) (shop.BuyWitness0S1Outcome, error) { return shop.StartBuyWitness0(w).Receive() }
	got, err := witness(&wire{in: []string{"Left bye"}})
	if err != nil {
		t.Fatal(err)
	}
	left, ok := got.(shop.BuyWitness0S1Left)
	if !ok || string(left.Message.Payload) != "bye" {
		t.Errorf("got %#v", got)
	}
	if _, err := witness(&wire{in: []string{"Ask"}}); !errors.Is(err, aura.Corrupt) {
		t.Errorf("want corrupt, got %v", err)
	}
}
