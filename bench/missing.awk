# Public functions, and losses, statistics and metrics, that no row of bench/every names.   awk -f missing.awk bench/every/*.cpp headers...
# What has no row is listed here: what costs the same whatever it is given, or so little that nobody waits for it, and what is no call of a user.
BEGIN {
  # The same cost always: formulas of a few numbers.
  split("gumbel linear_ratio mixed_similarity noisy_label_of self_evaluation expected_samples best_of_n_kl_bound of_difference log1mexp " \
        "sampling_free_prior warm_decay judge_score reciprocal_rank window_inclusion subset_size share_of infinite_lr refresh_schedule " \
        "log_probability unbounded endless narrow power_of_probability weighted_log angle_of log_mean exp_of dart_plan", list, " ")
  for (i in list) fine[list[i]]
  # Checks, views and descriptions of a call: what they do is counted with the call that takes them.
  split("require_logp require_size require_shares require_length check_length check_per_row check_part check_bias check_views slots_of checked apply_shortage_policy " \
        "bank between trained weight_gradient optional borrowed is_pool is_roles is_bias proxies positives in_batch self " \
        "tokens prefix_of with_quarter_turn in_pieces column_products add_times pamc_of gradient_of_given_rows pair_fence expect_rows " \
        "append_list add_places length_of distance_weights largest_weight product_error unit_rows rescaled_rows scaling_exponent_of_rows " \
        "angle_limit angle_rows given_scores batch_row distance_draw embedded_scores pair_view opened_tokens close_rows " \
        "mine_as only_scales happy_distillation list_row list_total class_prior distance_power circle_logit clan_term clan_parts " \
        "log_spread evaluation hit judged_ranking candidate_gather full_scan inspection integer_screen mined_writer negative_draw " \
        "pair_scorer progress ticker windows score_numbers screen shortlists window_filter pair_log_ratios pair_loss answer_score " \
        "logit_row step_values policy_token token_loss token_selection integer_panel packed_columns sampler " \
        "packed_candidates candidate_blocks require_rows_of ranker_in_blocks block_ranking candidate_block comes_before each_soft_bin sigmoids violation_term cosine_with_margin " \
        "multiple_angle approximate_scores kept_scores select_first ranking_of centroids_of sum_lists each_row each_positive_of_row numbers", list, " ")
  for (i in list) fine[list[i]]
  # Under another name: losses on lists inside an objective (recipe/average_precision.hpp, angle.hpp, lists.hpp), maps (bilinear, projections),
  # reductions, which see one number a row, and adaptive_stop's class.
  split("on_lists on_labels on_pairs learned_similarity all_rows_mean nonzero_mean adaptive_sampler", list, " ")
  for (i in list) fine[list[i]]
}
FILENAME ~ /every\/[^\/]*\.cpp$|loss\/table\.hpp$/ {
  line = $0
  while (match(line, /[A-Za-z_][A-Za-z_0-9]*/)) { named[substr(line, RSTART, RLENGTH)]; line = substr(line, RSTART + RLENGTH) }
  next
}
FNR == 1 { file = FILENAME; sub(/.*\/foil\//, "", file); room = file; sub(/\/.*/, "", room); hidden = 0 }
room ~ /^(core|engine|simd|stat|bridge)$/ { next }
/^namespace [a-z_: ]*(detail|engine)/ { hidden = 1 }
/^} *}? *\/\/ namespace .*(detail|engine)/ { hidden = 0 }
hidden || /^template|^namespace|^using|^#|^\}|^static_assert|^concept|^requires/ { next }
{
  name = ""
  if (match($0, /^[a-zA-Z_][a-zA-Z_0-9:<>, &*]* [a-z_0-9]+\(/) && $0 !~ /^(return|if|for|while) /) {
    name = substr($0, 1, RLENGTH - 1); sub(/.* [&*]*/, "", name); what = "function"
  } else if (/^class [a-z_0-9]+( |$)/ || (/^struct [a-z_0-9]+( |$)/ && room ~ /^(loss|listwise|policy|metric|bias|roles|similarity|reduce)$/)) {
    name = $2; what = "struct"
    if (name ~ /_(options|outcome|report)$/ || $0 ~ /;$/) name = ""
  }
  if (name == "" || (name in seen)) next
  seen[name]; ++count
  if (!(name in named) && !(name in fine)) { print file ": no row of bench/every names " name (what == "function" ? "()" : ""); ++bad }
}
END {
  if (count < 250) { print "only " count + 0 " public functions and parts found"; ++bad }
  if (bad) exit 1
  print count " public functions and parts, every one in a table of bench/every or said to need none"
}
