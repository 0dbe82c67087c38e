# Every struct with numbers among its data members lists them as options, or is a result, a state or an internal part (below).
#   awk -f options.awk core/options.inc headers...
# Also: what has options is walked by core/options.cpp, each option has a comment, and every struct outside simd/ has a sentence above it.
BEGIN {
  # Results that functions return.
  split("gedi_outcome happy_outcome meco_outcome ovor_outcome sampling_free_outcome class_prior contrast_ratio_outcome " \
        "snippet_outcome ar2_outcome clan_parts list_row list_total list_outcome policy_outcome preference_outcome ps_kd_outcome " \
        "rerank_outcome sade_outcome answer_score token_loss step_values token_selection topr_outcome pair_loss amcl_outcome " \
        "cacr_outcome margin_loss_outcome meow_outcome outcome pamc_outcome unpg_outcome sphere_outcome hub_report negative_audit " \
        "halves preference_pair denoised iqr_kept judged spherical_clusters summary max_variance_subset_result filter_report " \
        "mined scheduled_negatives noisy_label positive_aware_result class_prototypes window_draw mochi_negatives training_row " \
        "adaptive_result best filtered verifier_curve logprob_result medoid_result sequence_scores rpc_result " \
        "certainty_gradient confidences screening token_table truncation ballot saha_clusters angular_triplets plan " \
        "mixed_negatives trials instance_masks gradient_check qrels krr_result row_leverage interval_clusters group_choice " \
        "retrieved koleo_outcome vicreg_outcome barlow_twins_outcome mined_documents pool_gradient " \
        "detcon_outcome", list, " ")
  for (i in list) fine[list[i]]
  # Inputs that are not options: checked by what takes them.
  split("view id_list ragged candidates labelled_batch batch_row pair_masks_of_batch graph tower hard_clusters soft_clusters " \
        "preference_pairs pair_terms pair_log_ratios npy_header bias_row row_loss total metric negative_selection pair_view " \
        "clustering policy_token", list, " ")
  for (i in list) fine[list[i]]
  # Members of a function or of a class, and the ranges themselves.
  split("judgement scored entry membership candidate survivors ranked piece build option real whole pair_tally pair_energy call " \
        "wide_number panel ranker taken keyed_place limits ends batch_side score_range range prefix", list, " ")
  for (i in list) fine[list[i]]
  # Rankings as metrics see them, and what these make of them.
  split("hit judged_ranking evaluation", list, " ")
  for (i in list) fine[list[i]]
  # What ranks tell each other, and roles that a call makes for itself.
  split("sums state opened known batch_sums shifted_diagonal cursor centroid_bound side_gradient angle_table request requests counted_score " \
        "score_interval front", list, " ")
  for (i in list) fine[list[i]]
  # Terms of a loss that gets them from its own options; a stage that checks its numbers when it is made or run.
  split("distance_power circle_logit centred_columns signal_to_noise_loss reconstruction clan_term cosine_with_margin " \
        "sampled count violation_term", list, " ")
  for (i in list) fine[list[i]]
}
FNR == 1 { depth = 0; n = 0; told = 0; file = FILENAME; sub(/.*\/foil\//, "", file) }
FILENAME ~ /options\.inc$/ {
  if (match($0, /FOIL_WALK\([a-z_0-9:]+/)) { s = substr($0, RSTART + 10, RLENGTH - 10); sub(/.*::/, "", s); walked[s] }
  next
}
file !~ /^simd/ && /^struct [a-z_0-9]+ [^;]*$/ && !told { print file ":" FNR ": " $1 " " $2 " has no sentence above it that begins with ///"; ++bad }
{ before = told }
!/^(template|    requires|requires)/ { told = /^ *\/\/\// }
file ~ /^(simd|stat|engine\/(block|edge_pass|named_rows|pool_access|grid|pass_state|shared_exp_sums|shared_exp_columns|column_side|row_prepass|row_program|row_totals|problem|range|scratch|source|source_of)\.hpp)/ { next }
{
  line = $0
  sub(/\/\/.*/, "", line)
  opens = gsub(/\{/, "{", line)
  closes = gsub(/\}/, "}", line)
  if (line ~ /^[ \t]*struct[ \t]+[a-z_0-9]+[^;()]*\{/) {
    s = line; sub(/^[ \t]*struct[ \t]+/, "", s); sub(/[^a-z_0-9].*/, "", s)
    if (opens > closes) { ++n; name[n] = s; at[n] = depth + 1; numbers[n] = ""; bare[n] = ""; listed[n] = 0; text[n] = ""; hidden[n] = 0 }
  } else if (n > 0 && depth == at[n] && line ~ /^[ \t]*(private|protected):/) {
    hidden[n] = 1
  } else if (n > 0 && depth == at[n] && !hidden[n] && line ~ /^[ \t]*(double|float|idx|int|S)[ \t]+[a-z_0-9]+[ \t]*(=|;|,|\{)/) {
    s = line; sub(/^[ \t]*[a-zA-Z]+[ \t]+/, "", s); sub(/;.*/, "", s); gsub(/\{[^}]*\}/, "", s); gsub(/=[^,]*/, "", s)
    numbers[n] = numbers[n] "," s
    if (!before && $0 !~ /\/\/\//) bare[n] = bare[n] " " s
  }
  for (k = 1; k <= n; ++k) {
    if (line ~ /static void options\(/ && depth == at[k]) listed[k] = 1
    text[k] = text[k] "\n" line
  }
  depth += opens - closes
  while (n > 0 && depth < at[n]) {
    if (numbers[n] != "" && !(name[n] in fine)) {
      if (!listed[n]) { print file ": struct " name[n] " has numbers (" substr(numbers[n], 2) ") but no options(list)"; ++bad }
      else {
        gsub(/[ \t]/, "", numbers[n])
        many = split(substr(numbers[n], 2), each, ",")
        for (k = 1; k <= many; ++k)
          if (each[k] != "" && text[n] !~ ("&[a-z_0-9:]*::" each[k] "[^a-z_0-9]")) { print file ": struct " name[n] " does not list its option " each[k]; ++bad }
      }
    }
    if (listed[n] && bare[n] != "") { print file ": struct " name[n] ": no comment beside" bare[n]; ++bad }
    if (listed[n]) { ++total; if (!(name[n] in walked)) { print file ": struct " name[n] " is missing in tests/core/options.inc"; ++bad } }
    --n
  }
}
END {
  if (total < 60) { print "only " total + 0 " structs with options found"; ++bad }
  if (bad) exit 1
  print total " structs with options, every one walked"
}
