// Command shopping is aura with a shopping list: every verb of aura, and three more.
package main

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura"
	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/program"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"

	"example.org/shopping"
)

func main() {
	program.Main(program.Options{Name: "shopping", Modules: []domain.Module{shopping.Module()}, Verbs: verbs})
}

func verbs(s *cli.Shell) []*cobra.Command {
	return []*cobra.Command{
		{
			Use: "add CONTACT|GROUP ITEM", Short: "Put something on the list of a conversation", Example: "  shopping add Ben milk",
			Args: cli.Exactly(2, "a contact or group and an item"),
			RunE: func(_ *cobra.Command, args []string) error {
				return s.Resolved("add", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
					done, err := core.Do(tc, shopping.IntentAdd, shopping.Add{In: to.Ref, Name: args[1]}, nil)
					if err != nil {
						return err
					}
					return s.Print(done, "%s is on the list with %s", args[1], to.Name)
				})
			},
		},
		{
			Use: "list CONTACT|GROUP", Short: "Show what is still to be bought", Example: "  shopping list Ben --json",
			Args: cli.Exactly(1, "a contact or group"),
			RunE: func(_ *cobra.Command, args []string) error {
				return s.Resolved("list", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
					list, err := load(tc, core, to)
					switch {
					case err != nil:
						return err
					case s.JSON:
						return s.Object(list)
					}
					for _, e := range list.Open {
						if err := s.Print(nil, "%s  %s", aura.Short(e.ID), e.Name); err != nil {
							return err
						}
					}
					return nil
				})
			},
		},
		{
			Use: "buy CONTACT|GROUP ITEM", Short: "Take something off the list", Example: "  shopping buy Ben milk",
			Args: cli.Exactly(2, "a contact or group and an item"),
			RunE: func(_ *cobra.Command, args []string) error {
				return s.Resolved("buy", args[0], func(tc task.Context, core *app.Core, to app.Ref) error {
					list, err := load(tc, core, to)
					if err != nil {
						return err
					}
					item, err := list.Find(args[1])
					if err != nil {
						return err
					}
					done, err := core.Do(tc, shopping.IntentBuy, shopping.Buy{In: to.Ref, Item: item.ID}, nil)
					if err != nil {
						return err
					}
					return s.Print(done, "%s is bought", item.Name)
				})
			},
		},
	}
}

func load(tc task.Context, core *app.Core, of app.Ref) (list shopping.List, err error) {
	err = core.Ask(tc, shopping.QuestionList, shopping.Which{Context: of.Context}, &list)
	return list, err
}
