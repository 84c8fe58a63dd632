package sim

// cut separates people: "cut NAME NAME" and "mend NAME NAME" two of them, "detach NAME" and "attach NAME" one from all
// others.
func (s *story) cut(verb string, names []string) error {
	want := 1
	if verb == "cut" || verb == "mend" {
		want = 2
	}
	if len(names) != want {
		return usage("%s needs %d people", verb, want)
	}
	first, err := s.person(names[0])
	if err != nil {
		return err
	}
	second, err := s.person(names[want-1])
	if err != nil {
		return err
	}
	switch verb {
	case "cut":
		s.net.Cut(first.link(), second.link())
	case "mend":
		s.net.Mend(first.link(), second.link())
	case "detach":
		s.net.Detach(first.link())
	case "attach":
		s.net.Attach(first.link())
	}
	return nil
}
