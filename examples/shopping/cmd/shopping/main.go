// Command shopping is aura with a shopping list: every verb of aura, and some more.
package main

import (
	"github.com/spf13/cobra"

	"github.com/aura-runtime/aura/app"
	"github.com/aura-runtime/aura/domain"
	"github.com/aura-runtime/aura/program"
	"github.com/aura-runtime/aura/task"
	"github.com/aura-runtime/aura/ui/cli"

	"example.org/shopping"
	"example.org/shopping/errand"
)

func main() {
	program.Main(program.Options{Name: "shopping", Modules: []domain.Module{shopping.Module(), errand.Module()}, Verbs: verbs})
}

func verbs(s *cli.Shell) []*cobra.Command {
	verb := func(use, short, example string, args int, names string, run func(task.Context, *app.Core, app.Ref, []string) error) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Example: example, Args: cli.Exactly(args, names),
			RunE: func(c *cobra.Command, args []string) error {
				return s.Resolved(c.Name(), args[0], func(tc task.Context, core *app.Core, to app.Ref) error { return run(tc, core, to, args) })
			}}
	}
	add := func(tc task.Context, core *app.Core, to app.Ref, args []string) error {
		done, err := core.Do(tc, shopping.IntentAdd, shopping.Add{In: to.Ref, Name: args[1]}, nil)
		if err != nil {
			return err
		}
		return s.Print(done, "%s is on the list with %s", args[1], to.Name)
	}
	buy := func(tc task.Context, core *app.Core, to app.Ref, args []string) error {
		var list shopping.List
		if err := core.Ask(tc, shopping.QuestionList, shopping.Which{Context: to.Context}, &list); err != nil {
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
	}
	show := func(tc task.Context, core *app.Core, to app.Ref, _ []string) error {
		var list shopping.List
		if err := core.Ask(tc, shopping.QuestionList, shopping.Which{Context: to.Context}, &list); err != nil {
			return err
		}
		return s.Print(list, "%s", list)
	}
	ask := func(tc task.Context, core *app.Core, to app.Ref, args []string) error {
		done, err := core.Do(tc, errand.IntentAsk, errand.AskFor{In: to.Ref, Text: args[1]}, nil)
		if err != nil {
			return err
		}
		return s.Print(done, "%s is asked", to.Name)
	}
	return []*cobra.Command{
		verb("ask CONTACT TEXT", "Ask a contact whether they go", "  shopping ask Ben \"will you go on Saturday?\"", 2, "a contact and a text", ask),
		errandsCommand(s), answerCommand(s),
		verb("add CONTACT|GROUP ITEM", "Put an item on the list of a conversation", "  shopping add Ben milk", 2, "a contact or group, and an item", add),
		verb("buy CONTACT|GROUP ITEM", "Take an item off the list", "  shopping buy Ben milk", 2, "a contact or group, and an item", buy),
		verb("list CONTACT|GROUP", "Show the items that are still to be bought", "  shopping list Ben --json", 1, "a contact or group", show),
	}
}

func errandsCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use: "errands", Short: "Show who was asked to go, and the answers", Example: "  shopping errands", Args: cli.None,
		RunE: func(*cobra.Command, []string) error {
			return s.Connected("errands", func(tc task.Context, core *app.Core) error {
				var all errand.Errands
				if err := core.Ask(tc, errand.QuestionAll, nil, &all); err != nil {
					return err
				}
				return s.Print(all, "%s", all)
			})
		},
	}
}

func answerCommand(s *cli.Shell) *cobra.Command {
	return &cobra.Command{
		Use: "answer ID yes|no", Short: "Say whether you go", Example: "  shopping answer k3jq yes", Args: cli.Exactly(2, "an errand, and yes or no"),
		RunE: func(c *cobra.Command, args []string) error {
			if args[1] != "yes" && args[1] != "no" {
				return cli.Usage(c, "the answer is yes or no, got %q", args[1])
			}
			return s.Connected("answer", func(tc task.Context, core *app.Core) error {
				var all errand.Errands
				if err := core.Ask(tc, errand.QuestionAll, nil, &all); err != nil {
					return err
				}
				asked, err := all.Find(args[0])
				if err != nil {
					return err
				}
				done, err := core.Do(tc, errand.IntentAnswer, errand.Answered{Session: asked.Session, Yes: args[1] == "yes"}, nil)
				if err != nil {
					return err
				}
				return s.Print(done, "you said %s", args[1])
			})
		},
	}
}
